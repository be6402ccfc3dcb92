import KernelMemory

/// Wrong calls of vmalloc, and accesses outside of its areas.
extension MisuseStory {
    static let vmalloc = [
        doubleVfree, vfreeInside, vfreeOfObject, vfreeOfPages, vfreeUnaligned, vmallocTooBig,
        spaceExhausted, writeToGuardPage, useAfterVfree,
    ]

    private static let doubleVfree = MisuseStory(
        name: "double_vfree", misuses: { _ in [.vfreeOfNoArea] }
    ) { teller in
        let area = teller.vmalloc(8192)
        teller.vfree(area)
        teller.say("second vfree")
        teller.vfree(area)
        teller.say("returned")
    }

    private static let vfreeInside = MisuseStory(
        name: "vfree_inside", misuses: { _ in [.vfreeInsideArea] }, isNoticed: { _, _ in false }
    ) { teller in
        let area = teller.vmalloc(16384)
        teller.say("vfree(addr+4096)")
        teller.vfree(area + 4096)
        teller.say("returned")
    }

    private static let vfreeOfObject = MisuseStory(
        name: "vfree_kmalloc", misuses: { _ in [.vfreeOfBadAddress] },
        // Not the first object of its page.
        prepare: { _ = $0.kmalloc(64) }
    ) { teller in
        tellVfree(of: teller.kmalloc(64), "kmalloc ok", &teller)
    }

    private static let vfreeOfPages = MisuseStory(
        name: "vfree_kmalloc_page", misuses: { _ in [.vfreeOfNoArea] }
    ) { teller in
        tellVfree(of: teller.kmalloc(8192), "kmalloc(8192) ok", &teller)
    }

    private static func tellVfree(
        of address: UInt64, _ text: String, _ teller: inout Storyteller
    ) {
        teller.say("\(text); vfree of it")
        teller.vfree(address)
        teller.say("vfree returned")
    }

    private static let vfreeUnaligned = MisuseStory(
        name: "vfree_unaligned", misuses: { _ in [.vfreeOfBadAddress] }, areasLeft: 1
    ) { teller in
        let area = teller.vmalloc(8192)
        teller.say("vfree(addr+16)")
        teller.vfree(area + 16)
        teller.say("returned")
    }

    private static let vmallocTooBig = MisuseStory(name: "vmalloc_too_big") { teller in
        teller.say("vmalloc(1 GiB) -> 0x" + String(teller.vmalloc(1 << 30), radix: 16))
    }

    /// Each area has an array of its pages, which is an area, too.
    private static let spaceExhausted = MisuseStory(
        name: "vmalloc_space_exhaust", areasLeft: 122
    ) { teller in
        for index in 0..<100 {
            teller.call(.getFreePages(.kernel, order: 0))
            teller.call(.vmap([]))
            if teller.vmalloc(8 << 20) != 0 { continue }
            return teller.say("vmalloc(8M) failed after \(index)")
        }
    }

    private static let writeToGuardPage = MisuseStory(
        name: "oob_vmalloc", misuses: { _ in [.writePastEnd] }, areasLeft: 1
    ) { teller in
        let area = teller.vmalloc(8192)
        teller.say("writing vmalloc(8192)+8192 (guard page)")
        teller.store(area + 8192, 1)
        teller.say("survived")
    }

    /// The page is free, but the TLB still knows it.
    private static let useAfterVfree = MisuseStory(
        name: "uaf_vmalloc", misuses: { _ in [.usedAfterVfree] }, isNoticed: noticedWhenChecking
    ) { teller in
        let area = teller.vmalloc(8192)
        teller.store(area, 1)
        teller.vfree(area)
        teller.say("reading a vfreed address:")
        teller.say("\(teller.load(area))")
    }
}
