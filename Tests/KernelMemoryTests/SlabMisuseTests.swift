import KernelMemory
import Testing

/// What Linux 6.1 was recorded to do with wrong calls of the slab allocator, on a plain kernel and on
/// one with its debugging options and `slub_debug=FZPU`: line by line.
@Suite struct SlabMisuseTests {
    @Test(arguments: SlabMisuseStory.allCases, [false, true])
    func story_isToldAsRecorded(_ story: SlabMisuseStory, debug: Bool) throws {
        var run = try SlabMisuseCase(debug: debug)
        run.prepare(debug: debug)
        story.tell(&run)
        let told = RecordedText.withoutTraces(run.finish()).map(RecordedText.normal)
        let recorded = try RecordedText.excerpt(story.rawValue, debug: debug)
            .map(RecordedText.normal)
        #expect(told == recorded, "\(told.joined(separator: "\n"))")
        #expect(Set(run.machine.misuses.map(\.code)) == story.misuses(debug: debug))
        for misuse in run.machine.misuses {
            #expect(misuse.explanation.count > 40)
            #expect(misuse.noticedByKernel == story.isNoticed(misuse, debug: debug))
        }
    }

    @Test func freedObject_holdsThePointerToTheNextOneInItsMiddle() throws {
        var run = try SlabMisuseCase(debug: false)
        run.prepare(debug: false)
        let object = run.kmalloc(64)
        run.fill(object, 64)
        run.kfree(object)
        let next = (0..<4).map { UInt8(truncatingIfNeeded: (object + 192) >> ($0 * 8)) }
        let rest = [UInt8](repeating: 0x5c, count: 32)
        #expect(run.bytes(object, 64) == rest + next + rest.prefix(28))
    }
}

/// The cases of the driver that was recorded, by its names.
enum SlabMisuseStory: String, CaseIterable, Sendable {
    case doubleKfree = "double_kfree"
    case doubleKfreeInterleaved = "double_kfree_interleaved"
    case kfreeMisaligned = "kfree_misaligned"
    case kfreePage = "kfree_page"
    case kfreeVmalloc = "kfree_vmalloc"
    case kfreeStack = "kfree_stack"
    case kfreeNull = "kfree_null"
    case writePast = "oob_write"
    case writeBefore = "oob_write_left"
    case writeSlack = "oob_write_slack"
    case writeAfterFree = "uaf_write"
    case readAfterFree = "uaf_read"
    case stalePage = "stale_page"
    case wrongCache = "wrong_cache"
    case destroyInUse = "destroy_nonempty"
    case sameName = "kmem_cache_dup"
    case kmallocZero = "kmalloc_zero"
    case kmallocTooBig = "kmalloc_too_big"

    /// The rules that are broken, and the consequences on a kernel that notices nothing.
    func misuses(debug: Bool) -> Set<Misuse.Code> {
        switch self {
        case .doubleKfree, .doubleKfreeInterleaved:
            debug ? [.objectFreedTwice] : [.objectFreedTwice, .objectHandedOutTwice]
        case .kfreeMisaligned: debug ? [.freeInsideObject] : [.freeInsideObject, .strayObject]
        case .kfreePage: [.kfreeOfPages]
        case .kfreeVmalloc, .kfreeStack: [.wildPointer]
        // On a plain machine the byte is the first of the next object, which is the caller's too.
        case .writePast: debug ? [.writePastEnd] : []
        case .writeBefore: [.writeBeforeStart]
        case .writeSlack: [.writeIntoSlack]
        case .writeAfterFree: [.writeAfterFree]
        case .wrongCache: [.wrongCache]
        case .destroyInUse: [.destroyedCacheInUse]
        case .kmallocTooBig: [.orderTooLarge]
        case .kfreeNull, .sameName, .kmallocZero, .readAfterFree, .stalePage: []
        }
    }

    /// Whether the kernel says something at once; damaged bytes it finds later, if ever.
    func isNoticed(_ misuse: Misuse, debug: Bool) -> Bool {
        switch self {
        case .kfreePage, .kfreeVmalloc, .kfreeStack, .destroyInUse, .kmallocTooBig: true
        case .writePast, .writeBefore, .writeSlack, .writeAfterFree: false
        default: debug
        }
    }
}

extension SlabMisuseStory {
    func tell(_ run: inout SlabMisuseCase) {
        switch self {
        case .doubleKfree: tellDoubleFree(&run)
        case .doubleKfreeInterleaved: tellInterleaved(&run)
        case .kfreeMisaligned: tellMisaligned(&run)
        case .kfreePage:
            run.say("kfree of a free_pages page (order 0, not compound)")
            run.kfree(run.call(.getFreePage(.kernel)))
            run.say("returned")
        case .kfreeVmalloc:
            run.say("vmalloc ok (vmalloc addr); kfree of it")
            run.kfree(run.machine.layout.vmallocStart + 0x4000)
        case .kfreeStack:
            run.say("kfree of a static object")
            run.kfree(run.machine.layout.vmallocStart + 0x5_0040)
        case .kfreeNull:
            run.kfree(0)
            run.say("kfree(NULL) returned")
            run.call(.freePages(.null, order: 0))
            run.say("free_pages(0,0) returned")
            run.call(.kmemCacheDestroy(.null))
            run.say("kmem_cache_destroy(NULL) returned")
        case .writePast:
            tellWrite(&run, 60, at: 64, "kmalloc(60) wrote byte 64 (past the 64-byte object)")
        case .writeBefore: tellWrite(&run, 64, at: -1, "kmalloc(64) wrote byte -1")
        case .writeSlack:
            tellWrite(
                &run, 60, at: 60, "kmalloc(60) wrote byte 60 (slack inside the 64-byte object)")
        case .writeAfterFree: tellWriteAfterFree(&run)
        case .readAfterFree:
            let object = run.kmalloc(64)
            run.fill(object, 64)
            run.kfree(object)
            run.say("after kfree: \(run.hex(object, 64))")
        case .stalePage: tellStalePage(&run)
        case .wrongCache:
            let cache = run.makeCache("kmo_wrong", flags: .poison)
            let object = run.kmalloc(64)
            run.say("kmem_cache_free(other cache, kmalloc object)")
            run.free(cache, object)
            run.say("returned")
        case .destroyInUse:
            let cache = run.makeCache("kmo_leak")
            _ = run.allocate(cache)
            run.say("kmem_cache_destroy with 1 object left")
            run.call(.kmemCacheDestroy(cache))
            run.say("returned")
        case .sameName:
            run.say("first \(run.makeCache("kmo_dup") == .null ? 0 : 1)")
            let second = run.makeCache("kmo_dup")
            run.say(
                "second create with the same name -> \(second == .null ? "NULL" : "non-NULL")")
        case .kmallocZero:
            let pointer = String(run.kmalloc(0), radix: 16)
            run.say("kmalloc(0) -> 0x\(pointer) (ZERO_SIZE_PTR=0x10)")
            run.kfree(0x10)
            run.say("kfree(ZERO_SIZE_PTR) returned")
        case .kmallocTooBig:
            run.say("kmalloc(KMALLOC_MAX_SIZE+1) -> 0x\(run.kmalloc(4 << 20 + 1))")
        }
    }

    private func tellDoubleFree(_ run: inout SlabMisuseCase) {
        let object = run.kmalloc(64)
        run.say("kmalloc(64) ok; kfree twice")
        run.kfree(object)
        run.kfree(object)
        run.say("second kfree returned")
        for index in 0..<4 {
            let next = run.kmalloc(64)
            if run.machine.isHalted { return }
            let which = next == object ? "SAME address as the double-freed object" : "other address"
            run.say("kmalloc(64) #\(index) -> \(which)")
        }
    }

    private func tellInterleaved(_ run: inout SlabMisuseCase) {
        let first = run.kmalloc(64)
        let second = run.kmalloc(64)
        run.say("kfree(a) kfree(b) kfree(a)")
        for object in [first, second, first] { run.kfree(object) }
        run.say("returned")
        for index in 0..<4 {
            let next = run.kmalloc(64)
            if run.machine.isHalted { return }
            let which = next == first ? "a" : next == second ? "b" : "other"
            run.say("kmalloc(64) #\(index) -> \(which)")
        }
    }

    private func tellMisaligned(_ run: inout SlabMisuseCase) {
        let object = run.kmalloc(64)
        run.say("kfree(obj+8)")
        run.kfree(object + 8)
        run.say("returned")
        for _ in 0..<3 { run.say("kmalloc -> obj+\(run.kmalloc(64) &- object)") }
    }

    private func tellWrite(
        _ run: inout SlabMisuseCase, _ size: UInt64, at offset: Int64, _ text: String
    ) {
        let object = run.kmalloc(size)
        run.store(object &+ UInt64(bitPattern: offset), 0xee)
        run.say(text)
        run.kfree(object)
        run.say("kfree returned")
    }

    private func tellStalePage(_ run: inout SlabMisuseCase) {
        let page = run.call(.getFreePage(.kernel))
        run.fill(page, 4096)
        run.call(.freePage(VirtualAddress(page)))
        let again = run.call(.getFreePage(.kernel))
        run.say(
            "re-allocated same page=\(page == again ? 1 : 0), first bytes: \(run.hex(again, 16))")
        run.call(.freePage(VirtualAddress(again)))
        let zeroed = run.call(.getZeroedPage(.kernel))
        run.say(
            "get_zeroed_page same page=\(page == zeroed ? 1 : 0), first bytes: "
                + run.hex(zeroed, 16))
        let object = run.kmalloc(64)
        run.fill(object, 64)
        run.kfree(object)
        let second = run.kmalloc(64)
        run.say("kmalloc again same=\(object == second ? 1 : 0): \(run.hex(second, 64))")
        run.kfree(second)
        let cleared = run.kmalloc(64, [.kernel, .zero])
        run.say("kzalloc same=\(object == cleared ? 1 : 0): \(run.hex(cleared, 16))")
    }

    private func tellWriteAfterFree(_ run: inout SlabMisuseCase) {
        let cache = run.makeCache("kmo_uaf")
        let object = run.kmalloc(64)
        run.kfree(object)
        run.store(object + 8, 0x11)
        run.say(
            "wrote 0x11 at offset 8 of a freed kmalloc-64 object; reading back 0x"
                + String(run.bytes(object + 8, 1)[0], radix: 16))
        for index in 0..<200 where run.kmalloc(64) == object {
            run.say("object handed out again at alloc \(index)")
            break
        }
        let own = run.allocate(cache)
        run.free(cache, own)
        run.store(own + 8, 0x22)
        run.say("own cache: realloc same=\(run.allocate(cache) == own ? 1 : 0)")
    }
}
