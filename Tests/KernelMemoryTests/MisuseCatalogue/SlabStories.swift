import KernelMemory

/// Wrong calls of the slab allocator.
extension MisuseStory {
    static let slab = [
        doubleFree, doubleFreeInTurns, freeInsideObject, freeOfPages, freeOfVmalloc, freeOfStatic,
        null, wrongCache, destroyInUse, sameName, nothing, tooBig,
    ]

    /// Brings kmalloc's slab of 64 bytes to where the recorded one was: on a plain kernel two objects
    /// behind the next one are in use, where objects are checked five others.
    static func prepareObjects(_ teller: inout Storyteller) {
        let objects = (0..<(teller.variant.checksObjects ? 6 : 3)).map { _ in teller.kmalloc(64) }
        teller.kfree(objects[teller.variant.checksObjects ? 3 : 0])
    }

    private static let doubleFree = MisuseStory(
        name: "double_kfree", misuses: { doubleFreeCodes($0) }, isNoticed: { $1.checksObjects },
        prepare: prepareObjects
    ) { teller in
        let object = teller.kmalloc(64)
        teller.say("kmalloc(64) ok; kfree twice")
        teller.kfree(object)
        teller.kfree(object)
        teller.say("second kfree returned")
        for index in 0..<4 {
            let isSame = teller.kmalloc(64) == object
            let which = isSame ? "SAME address as the double-freed object" : "other address"
            teller.say("kmalloc(64) #\(index) -> \(which)")
        }
    }

    private static let doubleFreeInTurns = MisuseStory(
        name: "double_kfree_interleaved", misuses: { doubleFreeCodes($0) },
        isNoticed: { $1.checksObjects }, prepare: prepareObjects
    ) { teller in
        let first = teller.kmalloc(64)
        let second = teller.kmalloc(64)
        teller.say("kfree(a) kfree(b) kfree(a)")
        for object in [first, second, first] { teller.kfree(object) }
        teller.say("returned")
        for index in 0..<4 {
            let next = teller.kmalloc(64)
            let which = next == first ? "a" : next == second ? "b" : "other"
            teller.say("kmalloc(64) #\(index) -> \(which)")
        }
    }

    private static func doubleFreeCodes(_ variant: Variant) -> Set<Misuse.Code> {
        variant.checksObjects ? [.objectFreedTwice] : [.objectFreedTwice, .objectHandedOutTwice]
    }

    private static let freeInsideObject = MisuseStory(
        name: "kfree_misaligned",
        misuses: { $0.checksObjects ? [.freeInsideObject] : [.freeInsideObject, .strayObject] },
        isNoticed: { $1.checksObjects }, prepare: prepareObjects
    ) { teller in
        let object = teller.kmalloc(64)
        teller.say("kfree(obj+8)")
        teller.kfree(object + 8)
        teller.say("returned")
        for _ in 0..<3 { teller.say("kmalloc -> obj+\(teller.kmalloc(64) &- object)") }
    }

    private static let freeOfPages = MisuseStory(
        name: "kfree_page", misuses: { _ in [.kfreeOfPages] }
    ) { teller in
        let page = teller.call(.getFreePages(.kernel, order: 0))
        teller.say("kfree of a free_pages page (order 0, not compound)")
        teller.kfree(page)
        teller.say("returned")
    }

    private static let freeOfVmalloc = MisuseStory(
        name: "kfree_vmalloc", misuses: { _ in [.wildPointer] }, areasLeft: 1
    ) { teller in
        let area = teller.vmalloc(8192)
        teller.say("vmalloc ok (vmalloc addr); kfree of it")
        teller.kfree(area)
        teller.say("kfree returned")
    }

    /// A variable of a module lies in vmalloc's space.
    private static let freeOfStatic = MisuseStory(
        name: "kfree_stack", misuses: { _ in [.wildPointer] }
    ) { teller in
        teller.say("kfree of a static object")
        teller.kfree(teller.machine.layout.vmallocStart + 0x5_0040)
        teller.say("returned")
    }

    private static let null = MisuseStory(name: "kfree_null") { teller in
        teller.kfree(0)
        teller.say("kfree(NULL) returned")
        teller.vfree(0)
        teller.say("vfree(NULL) returned")
        teller.call(.freePages(.null, order: 0))
        teller.say("free_pages(0,0) returned")
        teller.call(.kvfree(.null))
        teller.say("kvfree(NULL) returned")
        teller.call(.kmemCacheDestroy(.null))
        teller.say("kmem_cache_destroy(NULL) returned")
    }

    private static let wrongCache = MisuseStory(
        name: "wrong_cache", misuses: { _ in [.wrongCache] }, isNoticed: { $1.checksObjects },
        prepare: prepareObjects
    ) { teller in
        let cache = teller.makeCache("kmo_wrong", flags: .poison)
        let object = teller.kmalloc(64)
        teller.say("kmem_cache_free(other cache, kmalloc object)")
        teller.free(cache, object)
        teller.say("returned")
    }

    private static let destroyInUse = MisuseStory(
        name: "destroy_nonempty", misuses: { _ in [.destroyedCacheInUse] }
    ) { teller in
        let cache = teller.makeCache("kmo_leak")
        _ = teller.allocate(cache)
        teller.say("kmem_cache_destroy with 1 object left")
        teller.call(.kmemCacheDestroy(cache))
        teller.say("returned")
    }

    private static let sameName = MisuseStory(name: "kmem_cache_dup") { teller in
        teller.say("first \(teller.makeCache("kmo_dup") == .null ? 0 : 1)")
        let second = teller.makeCache("kmo_dup")
        teller.say(
            "second create with the same name -> \(second == .null ? "NULL" : "non-NULL")")
    }

    private static let nothing = MisuseStory(
        name: "kmalloc_zero", misuses: { _ in [.vmallocOfNothing] }
    ) { teller in
        let pointer = String(teller.kmalloc(0), radix: 16)
        teller.say("kmalloc(0) -> 0x\(pointer) (ZERO_SIZE_PTR=0x10)")
        teller.kfree(0x10)
        teller.say("kfree(ZERO_SIZE_PTR) returned")
        teller.say("vmalloc(0) -> 0x" + String(teller.vmalloc(0), radix: 16))
    }

    private static let tooBig = MisuseStory(
        name: "kmalloc_too_big", misuses: { _ in [.orderTooLarge] }
    ) { teller in
        teller.say("kmalloc(KMALLOC_MAX_SIZE+1) -> 0x\(teller.kmalloc(4 << 20 + 1))")
    }
}
