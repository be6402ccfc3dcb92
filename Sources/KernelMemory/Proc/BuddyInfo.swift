/// One line of `/proc/buddyinfo`: a zone's free blocks by order.
public struct BuddyInfo: Hashable, Sendable {
    /// The zone.
    public let zone: String
    /// Free blocks of each order.
    public let freeBlocks: [Int32]

    /// Names a zone's counts.
    public init(zone: String, freeBlocks: [Int32]) {
        self.zone = zone
        self.freeBlocks = freeBlocks
    }

    /// The line with its newline; the blank at its end is the kernel's.
    ///
    /// The corresponding kernel function is `frag_show_print` (mm/vmstat.c, 6.1).
    public var text: String {
        freeBlocks.reduce("Node 0, zone \(zone.padded(to: 8)) ") {
            $0 + "\($1)".padded(to: 6) + " "
        } + "\n"
    }
}

extension Machine {
    /// The text of `/proc/buddyinfo`.
    public var buddyInfoText: String {
        zones.map { zone in
            let blocks = zone.freeBlocks.indices.map { zone.freeBlocks[$0] }
            return BuddyInfo(zone: zone.name, freeBlocks: blocks).text
        }.joined()
    }
}
