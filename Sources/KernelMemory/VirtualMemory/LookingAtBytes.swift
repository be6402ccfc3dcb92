/// Bytes as a CPU would find them, without it being used.
extension Machine {
    /// The bytes at an address, by what the current CPU's TLB remembers, else by the page tables.
    ///
    /// Looking does not change the machine.
    ///
    /// - Returns: `nil` if any of them is not mapped.
    public func bytes(at address: VirtualAddress, count: Int) -> [UInt8]? {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(count)
        let fault = core.forEachPage(address.rawValue, count, core.peek) { frame, offset, part in
            bytes += core.readPhysical(frame, offset, part.count)
        }
        return fault == nil ? bytes : nil
    }

    /// The first address of a stretch at which the current CPU would fault; `nil` if it would not.
    ///
    /// - Complexity: O(pages).
    public func firstFault(at address: VirtualAddress, count: Int) -> VirtualAddress? {
        core.forEachPage(address.rawValue, count, core.peek) { _, _, _ in }
            .map { VirtualAddress($0) }
    }

    /// The kernel's lines about an access to an address where nothing is mapped, up to the one that
    /// names the oops.
    public func faultLines(at address: VirtualAddress, isWrite: Bool) -> [String] {
        core.faultLines(address.rawValue, isWrite: isWrite)
    }
}
