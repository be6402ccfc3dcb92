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
        let fault = forEachPage(address, count: count) { frame, offset, length in
            bytes += core.readPhysical(frame, offset, length)
        }
        return fault == nil ? bytes : nil
    }

    /// The first address of a stretch at which the current CPU would fault; `nil` if it would not.
    ///
    /// - Complexity: O(pages).
    public func firstFault(at address: VirtualAddress, count: Int) -> VirtualAddress? {
        forEachPage(address, count: count) { _, _, _ in }
    }

    private func forEachPage(
        _ address: VirtualAddress, count: Int, _ body: (UInt64, Int, Int) -> Void
    ) -> VirtualAddress? {
        var done = 0
        while done < count {
            let current = address.rawValue &+ UInt64(done)
            guard let frame = core.peek(current) else { return VirtualAddress(current) }
            let offset = Int(current & 4095)
            let length = min(Page.sizeInBytes - offset, count - done)
            body(frame, offset, length)
            done += length
        }
        return nil
    }

    /// The kernel's lines about an access to an address where nothing is mapped, up to the one that
    /// names the oops.
    public func faultLines(at address: VirtualAddress, isWrite: Bool) -> [String] {
        core.faultLines(address.rawValue, isWrite: isWrite)
    }
}
