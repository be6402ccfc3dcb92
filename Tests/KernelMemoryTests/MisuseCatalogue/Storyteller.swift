import KernelMemory

/// Does what the recorded driver did, and writes down what it would have said between the kernel's lines.
struct Storyteller {
    var machine: Machine
    let variant: KernelVariant
    private(set) var lines: [String] = []
    private var printed = 0

    init(_ variant: KernelVariant, memoryInMiB: Int) throws {
        self.variant = variant
        machine = try variant.boot(memoryInMiB: memoryInMiB)
    }

    /// What the driver prints; nothing once its task is dead.
    mutating func say(_ text: String) {
        takeLog()
        if machine.isHalted { return }
        // The driver had a buffer of 200 bytes.
        lines.append("KMO: " + text.prefix(199))
    }

    /// All lines, when the case is over.
    mutating func finish() -> [String] {
        takeLog()
        return lines
    }

    private mutating func takeLog() {
        lines += machine.log[printed...].map(\.text)
        printed = machine.log.count
    }

    /// Makes a call.
    ///
    /// - Returns: the address or the page's `struct page`; 0 for NULL, and once the machine is halted.
    @discardableResult
    mutating func call(_ call: KernelCall) -> UInt64 {
        if machine.isHalted { return 0 }
        return switch machine.apply(call).returned {
        case .address(let address): address.rawValue
        case .page(let page): page.rawValue
        default: 0
        }
    }
}

// MARK: - Pages

extension Storyteller {
    /// `alloc_pages(GFP_KERNEL, order)`, as a frame number; 0 for NULL.
    mutating func allocPages(order: UInt32, _ gfp: GFPFlags = .kernel) -> UInt32 {
        pfn(call(.allocPages(gfp, order: order)))
    }
    /// `__free_pages`.
    mutating func freePages(_ pfn: UInt32, order: UInt32) {
        call(.freePagesOf(page(pfn), order: order))
    }
    func page(_ pfn: UInt32) -> PagePointer { machine.pagePointer(of: PageFrameNumber(pfn)) }
    func pfn(_ page: UInt64) -> UInt32 { machine.frame(of: PagePointer(page))?.rawValue ?? 0 }
    /// `page_to_pfn(virt_to_page(address))`.
    func pfn(at address: UInt64) -> UInt32 {
        UInt32((address - machine.layout.pageOffset) >> 12)
    }
    /// `page_ref_count`.
    func referenceCount(_ pfn: UInt32) -> Int { frame(pfn).referenceCount }
    /// `PageBuddy`.
    func isBuddy(_ pfn: UInt32) -> Bool {
        let frame = frame(pfn)
        return frame.state == .free && frame.start.rawValue == pfn
    }
    private func frame(_ pfn: UInt32) -> FrameRun { machine.frameRun(at: PageFrameNumber(pfn)) }
}

// MARK: - Objects and areas

extension Storyteller {
    mutating func kmalloc(_ size: UInt64, _ gfp: GFPFlags = .kernel) -> UInt64 {
        call(.kmalloc(size: size, gfp))
    }
    mutating func kfree(_ address: UInt64) { call(.kfree(VirtualAddress(address))) }
    mutating func vmalloc(_ size: UInt64) -> UInt64 { call(.vmalloc(size: size)) }
    mutating func vfree(_ address: UInt64) { call(.vfree(VirtualAddress(address))) }
    mutating func makeCache(_ name: String, flags: CacheFlags = []) -> VirtualAddress {
        let request = CacheRequest(name: name, size: 64, flags: flags, constructor: .unknown)
        return VirtualAddress(call(.kmemCacheCreate(request)))
    }
    mutating func allocate(_ cache: VirtualAddress) -> UInt64 {
        call(.kmemCacheAlloc(cache, .kernel))
    }
    mutating func free(_ cache: VirtualAddress, _ object: UInt64) {
        call(.kmemCacheFree(cache, object: VirtualAddress(object)))
    }
}

// MARK: - Bytes

extension Storyteller {
    mutating func store(_ address: UInt64, _ byte: UInt8) {
        call(.store(VirtualAddress(address), [byte]))
    }
    mutating func fill(_ address: UInt64, _ length: UInt32) {
        call(.memset(VirtualAddress(address), byte: 0x5c, length: length))
    }
    /// The driver's own load of a byte; 0 once the machine is halted.
    mutating func load(_ address: UInt64) -> UInt8 {
        if machine.isHalted { return 0 }
        let outcome = machine.apply(.load(VirtualAddress(address), width: 1))
        guard case .number(let byte) = outcome.returned else { return 0 }
        return UInt8(truncatingIfNeeded: byte)
    }
    /// Loads that many bytes, as `%*ph` prints them.
    mutating func hex(_ address: UInt64, _ count: UInt64) -> String {
        (0..<count).map { hexDigits(load(address + $0)) }.joined(separator: " ")
    }
}

private func hexDigits(_ byte: UInt8) -> String {
    String(byte >> 4, radix: 16) + String(byte & 15, radix: 16)
}
