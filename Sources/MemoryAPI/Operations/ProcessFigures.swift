import Glibc

/// What the process needs, as its own kernel counts it; `nil` where `/proc` does not say.
enum ProcessFigures {
    /// CPU time of all threads, in nanoseconds.
    ///
    /// The corresponding C function is `clock_gettime` (`CLOCK_PROCESS_CPUTIME_ID`).
    static var cpuNanoseconds: UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }

    /// Bytes of memory that the process has.
    static var residentBytes: UInt64? {
        words(of: "/proc/self/statm").dropFirst().first.flatMap { UInt64($0) }
            .map { $0 * UInt64(sysconf(Int32(_SC_PAGESIZE))) }
    }

    /// How many threads there are.
    static var threads: UInt64? { statusField(19) }

    /// When the process began, in seconds since 1970.
    static var startSeconds: UInt64? {
        guard let ticks = statusField(21) else { return nil }
        var (wall, boot) = (timespec(), timespec())
        clock_gettime(CLOCK_REALTIME, &wall)
        clock_gettime(CLOCK_BOOTTIME, &boot)
        return UInt64(wall.tv_sec - boot.tv_sec) + ticks / UInt64(sysconf(Int32(_SC_CLK_TCK)))
    }

    /// How many file descriptors are open.
    static var openDescriptors: UInt64? {
        guard let folder = opendir("/proc/self/fd") else { return nil }
        defer { closedir(folder) }
        var count: UInt64 = 0
        while readdir(folder) != nil { count += 1 }
        // `.`, `..`, and the folder itself.
        return count - min(count, 3)
    }

    /// A number of `/proc/self/stat`, counted from 0; the name before them may hold blanks.
    private static func statusField(_ index: Int) -> UInt64? {
        let text = text(of: "/proc/self/stat")
        guard let end = text.lastIndex(of: ")") else { return nil }
        let words = text[end...].split(separator: " ").dropFirst()
        // The first word behind the name is number 2.
        return words.dropFirst(index - 2).first.flatMap { UInt64($0) }
    }

    private static func words(of path: String) -> [Substring] {
        text(of: path).split(separator: " ")
    }

    /// A short file.
    private static func text(of path: String) -> String {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return "" }
        defer { close(descriptor) }
        return String(unsafeUninitializedCapacity: 4_096) {
            max(0, read(descriptor, $0.baseAddress, 4_096))
        }
    }
}
