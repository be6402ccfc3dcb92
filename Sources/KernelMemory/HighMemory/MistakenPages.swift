/// Functions of high memory that were given the address of something else than a `struct page`: what
/// is there is taken for one.
extension Core {
    /// Whether what is no `struct page` passes for one of high memory: the first word's highest bits
    /// name the zone there. It faults where nothing is mapped.
    ///
    /// A kernel without high memory does not look.
    ///
    /// - Parameter code: the rule that is broken where something is mapped.
    /// - Returns: `nil` if the machine is halted.
    ///
    /// The corresponding kernel macro is `PageHighMem` (include/linux/page-flags.h, 6.1).
    func passesForHighmem(
        _ page: PagePointer, as code: Misuse.Code = .wildPointer, in function: String
    ) -> Bool? {
        if hasHighmem, let fault = firstUnmapped(page.rawValue, count: 4) {
            noteMisuse(.wildPointer, at: page.rawValue)
            oopsOnAccess(to: fault, isWrite: false, in: function)
            return nil
        }
        noteMisuse(code, at: page.rawValue)
        guard hasHighmem else { return false }
        return loadBytes(4, at: page.rawValue, in: function).last.map { isHighmem(flags: $0) }
    }

    /// By the highest byte of a page's flags. `ZONE_MOVABLE`, which is empty here, counts as high memory
    /// where there is any.
    ///
    /// The corresponding kernel function is `is_highmem_idx` (include/linux/mmzone.h, 6.1).
    private func isHighmem(flags: UInt8) -> Bool {
        flags >> 6 == 2 || (flags >> 6 == 3 && zones[2].isPopulated)
    }

    /// The address that the kernel computes for the page behind what is no `struct page`.
    ///
    /// - Returns: 0 for one that passes for high memory, which nothing maps here: the kernel would map
    ///   whatever frame comes out. Also if the machine is halted.
    func mistakenAddress(_ page: PagePointer, in function: String) -> UInt64 {
        passesForHighmem(page, in: function) == false ? lowmemAddress(behind: page) : 0
    }

    /// The same as what a function returns.
    func mistakenPointer(_ page: PagePointer, in function: String) -> Outcome {
        let address = mistakenAddress(page, in: function)
        return isHalted ? Outcome(.void) : .pointer(address)
    }

    /// The distance of two pointers is signed, and all of it wraps around.
    ///
    /// The corresponding kernel function is `lowmem_page_address` (include/linux/mm.h, 6.1).
    private func lowmemAddress(behind page: PagePointer) -> UInt64 {
        let distance = Int64(bitPattern: page.rawValue &- layout.memMap)
        let signed = hasHighmem ? Int64(Int32(truncatingIfNeeded: distance)) : distance
        let pfn = UInt64(bitPattern: signed >> Int64(pageStructShift))
        return (layout.pageOffset &+ pfn << 12) & pointerMask
    }
}
