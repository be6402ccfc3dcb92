import KernelMemory
import Testing

/// What Linux 6.1 was recorded to do with wrong calls of vmalloc, on a plain kernel, on one with
/// `slub_debug=FZPU`, and on one with its debugging options, too: line by line.
@Suite struct VmallocMisuseTests {
    enum Variant: String, CaseIterable, Sendable {
        case plain, debug
        case slubDebug = "plain-slubdebug"
    }

    @Test(arguments: VmallocMisuseStory.allCases, Variant.allCases)
    func story_isToldAsRecorded(_ story: VmallocMisuseStory, _ variant: Variant) throws {
        // Debugging of objects says nothing about areas: such a machine is a plain one here.
        let debug = variant == .debug
        var run = try SlabMisuseCase(debug: debug)
        let areas = run.machine.vmAreas.count
        story.tell(&run)
        let told = RecordedText.withoutTraces(run.finish()).map(RecordedText.normal)
        let path = "VmallocMisuse/\(variant.rawValue)/\(story.rawValue)"
        let recorded = try RecordedText.excerpt(path).map(RecordedText.normal)
        #expect(told == recorded, "\(told.joined(separator: "\n"))")
        #expect(Set(run.machine.misuses.map(\.code)) == story.misuses(debug: debug))
        #expect(run.machine.isHalted == story.isFatal(debug: debug))
        #expect(run.machine.vmAreas.count - areas == story.areasLeft)
        for misuse in run.machine.misuses {
            #expect(misuse.explanation.count > 40)
            #expect(misuse.noticedByKernel == story.isNoticed(debug: debug))
        }
    }
}

/// The cases of the driver that was recorded, by its names.
enum VmallocMisuseStory: String, CaseIterable, Sendable {
    case doubleVfree = "double_vfree"
    case vfreeInside = "vfree_inside"
    case vfreeKmalloc = "vfree_kmalloc"
    case vfreeKmallocPage = "vfree_kmalloc_page"
    case vfreeUnaligned = "vfree_unaligned"
    case tooBig = "vmalloc_too_big"
    case spaceExhausted = "vmalloc_space_exhaust"
    case nothing = "kmalloc_zero"
    case writePast = "oob_vmalloc"
    case readAfterFree = "uaf_vmalloc"
    case kfreeVmalloc = "kfree_vmalloc"
    case null = "kfree_null"

    func misuses(debug: Bool) -> Set<Misuse.Code> {
        switch self {
        case .doubleVfree, .vfreeKmallocPage: [.vfreeOfNoArea]
        case .vfreeInside: [.vfreeInsideArea]
        case .vfreeKmalloc, .vfreeUnaligned: [.vfreeOfBadAddress]
        case .nothing: [.vmallocOfNothing]
        case .writePast: [.writePastEnd]
        // A load that the TLB still allows costs next to nothing, and leaves no record.
        case .readAfterFree: debug ? [.usedAfterVfree] : []
        case .kfreeVmalloc: [.wildPointer]
        case .tooBig, .spaceExhausted, .null: []
        }
    }

    func isFatal(debug: Bool) -> Bool {
        switch self {
        case .writePast, .kfreeVmalloc: true
        case .readAfterFree: debug
        default: false
        }
    }

    /// Whether the kernel says something.
    func isNoticed(debug: Bool) -> Bool {
        switch self {
        case .vfreeInside: false
        case .readAfterFree: debug
        default: true
        }
    }

    /// Areas that nobody freed.
    var areasLeft: Int {
        switch self {
        case .vfreeUnaligned, .writePast, .kfreeVmalloc: 1
        // Each has an array of its pages, which is an area, too.
        case .spaceExhausted: 122
        default: 0
        }
    }
}

extension VmallocMisuseStory {
    func tell(_ run: inout SlabMisuseCase) {
        switch self {
        case .doubleVfree:
            let area = run.vmalloc(8192)
            run.vfree(area)
            run.say("second vfree")
            run.vfree(area)
            run.say("returned")
        case .vfreeInside:
            let area = run.vmalloc(16384)
            run.say("vfree(addr+4096)")
            run.vfree(area + 4096)
            run.say("returned")
        case .vfreeKmalloc:
            // Not the first object of its page.
            _ = run.kmalloc(64)
            tellVfree(of: run.kmalloc(64), "kmalloc ok", &run)
        case .vfreeKmallocPage: tellVfree(of: run.kmalloc(8192), "kmalloc(8192) ok", &run)
        case .vfreeUnaligned:
            let area = run.vmalloc(8192)
            run.say("vfree(addr+16)")
            run.vfree(area + 16)
            run.say("returned")
        case .tooBig: run.say("vmalloc(1 GiB) -> 0x" + String(run.vmalloc(1 << 30), radix: 16))
        case .spaceExhausted: tellExhaustion(&run)
        case .nothing: tellNothing(&run)
        case .writePast:
            let area = run.vmalloc(8192)
            run.say("writing vmalloc(8192)+8192 (guard page)")
            run.store(area + 8192, 1)
        case .readAfterFree: tellReadAfterFree(&run)
        case .kfreeVmalloc:
            let area = run.vmalloc(8192)
            run.say("vmalloc ok (vmalloc addr); kfree of it")
            run.kfree(area)
        case .null: tellNull(&run)
        }
    }

    private func tellVfree(of address: UInt64, _ text: String, _ run: inout SlabMisuseCase) {
        run.say("\(text); vfree of it")
        run.vfree(address)
        run.say("vfree returned")
    }

    private func tellExhaustion(_ run: inout SlabMisuseCase) {
        for index in 0..<100 {
            run.call(.getFreePage(.kernel))
            run.call(.vmap([]))
            if run.vmalloc(8 << 20) != 0 { continue }
            return run.say("vmalloc(8M) failed after \(index)")
        }
    }

    private func tellNothing(_ run: inout SlabMisuseCase) {
        let pointer = String(run.kmalloc(0), radix: 16)
        run.say("kmalloc(0) -> 0x\(pointer) (ZERO_SIZE_PTR=0x10)")
        run.kfree(0x10)
        run.say("kfree(ZERO_SIZE_PTR) returned")
        run.say("vmalloc(0) -> 0x" + String(run.vmalloc(0), radix: 16))
    }

    private func tellReadAfterFree(_ run: inout SlabMisuseCase) {
        let area = run.vmalloc(8192)
        run.store(area, 1)
        run.vfree(area)
        run.say("reading a vfreed address:")
        let call = KernelCall.load(VirtualAddress(area), width: 1)
        if case .number(let byte) = run.machine.apply(call).returned { run.say("\(byte)") }
    }

    private func tellNull(_ run: inout SlabMisuseCase) {
        run.kfree(0)
        run.say("kfree(NULL) returned")
        run.vfree(0)
        run.say("vfree(NULL) returned")
        run.call(.freePages(.null, order: 0))
        run.say("free_pages(0,0) returned")
        // `kvfree` calls `vfree` or `kfree`, by the address.
        run.kfree(0)
        run.say("kvfree(NULL) returned")
        run.call(.kmemCacheDestroy(.null))
        run.say("kmem_cache_destroy(NULL) returned")
    }
}

extension SlabMisuseCase {
    mutating func vmalloc(_ size: UInt64) -> UInt64 { call(.vmalloc(size: size)) }
    mutating func vfree(_ address: UInt64) { call(.vfree(VirtualAddress(address))) }
}
