internal import CLMDB
import Glibc

/// What a file system keeps its promises about.
enum FileSystem {
    /// Whether blocks that were allocated ahead can be written without fail, so that a map of the file
    /// may be written to.
    ///
    /// Those that copy on write (btrfs, ZFS, bcachefs) need new blocks for every change, and layered and
    /// networked ones say nothing about what lies below; so the ones that do are named.
    ///
    /// - Parameter descriptor: of a file on it, of which one page is allocated for a trial.
    static func keepsAllocatedBlocks(_ descriptor: Int32) -> Bool {
        var status = statfs()
        guard fstatfs(descriptor, &status) == 0, fallocate(descriptor, 0, 0, 4_096) == 0 else {
            return false
        }
        let ext4 = 0xef53
        let xfs = 0x5846_5342
        let tmpfs = 0x0102_1994
        return [ext4, xfs, tmpfs].contains(Int(status.f_type))
    }
}
