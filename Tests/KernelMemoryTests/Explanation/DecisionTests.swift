import KernelMemory
import Testing

/// The decisions of classic calls on the small machine, worked out by hand.
///
/// Its zones: DMA from pfn 16, Normal from pfn 256, HighMem from pfn 896; page blocks have 32 pages.
@Suite struct DecisionTests {
    private func boot() throws -> Narrator {
        Narrator(try MachineConfiguration(kind: .classroom))
    }

    /// Splits of a block that starts at a frame, from one order down to another.
    private func splits(_ pfn: Int, from order: Int, to least: Int) -> [String] {
        (least..<order).reversed().map { half in
            "buddy-split pfn=\(pfn) order=\(half + 1) half_order=\(half) "
                + "buddy_pfn=\(pfn + 1 << half)"
        }
    }

    /// Normal can spare a page.
    private func normalPasses(free: Int) -> String {
        "zone-passed-watermark zone=Normal order=0 nr_free_pages=\(free) counted_pages=\(free) "
            + "watermark=low watermark_pages=61 boost=0 required_pages=61 lowmem_reserve=0"
    }

    /// What the first request of a fresh machine does for a CPU without pages.
    private var firstRefill: [String] {
        [
            "pcp-empty cpu=0 zone=Normal order=0 migratetype=Unmovable batch=4 blocks=4",
            "buddy-empty zone=Normal migratetype=Unmovable order=0",
            "fallback-steal zone=Normal migratetype=Unmovable from_migratetype=Movable "
                + "wanted_order=0 order=8 pfn=256",
            "pageblocks-taken pfn=256 order=8 migratetype=Unmovable",
            "buddy-take zone=Normal migratetype=Unmovable wanted_order=0 order=8 pfn=256",
        ] + splits(256, from: 8, to: 0) + [
            "pcp-refill cpu=0 zone=Normal blocks=4 order=0 count=4",
            "pcp-hit cpu=0 zone=Normal order=0 pfn=256 count=3",
        ]
    }

    @Test func allocPage_ofACPUWithoutPages_refillsFromAStolenBlock() throws {
        var story = try boot()
        let request =
            "page-request gfp=GFP_KERNEL order=0 pages=1 zone=Normal migratetype=Unmovable"
        #expect(
            story.decide(.allocPage(.kernel)) == [request, normalPasses(free: 728)] + firstRefill)
        #expect(
            story.decide(.allocPage(.kernel)) == [
                request, normalPasses(free: 724),
                "pcp-hit cpu=0 zone=Normal order=0 pfn=257 count=2",
            ])
    }

    @Test func allocPages_ofOrder5_splitsALargerBlock_andTheFreeMergesItAgain() throws {
        var story = try boot()
        story.makeQuietly(.allocPage(.kernel))
        let page = story.machine.pagePointer(of: PageFrameNumber(288))
        // Of the block at pfn 256 the free parts are 257..., 288 with order 5, 320 with 6, 384 with 7.
        #expect(
            story.decide(.allocPages(.kernel, order: 4)).suffix(2) == [
                "pcp-bypassed order=4 highest_order=3",
                "buddy-take zone=Normal migratetype=Unmovable wanted_order=4 order=4 pfn=272",
            ])
        #expect(
            story.decide(.allocPages(.kernel, order: 4)).suffix(3) == [
                "pcp-bypassed order=4 highest_order=3",
                "buddy-take zone=Normal migratetype=Unmovable wanted_order=4 order=5 pfn=288",
                "buddy-split pfn=288 order=5 half_order=4 buddy_pfn=304",
            ])
        #expect(
            story.decide(.freePagesOf(page, order: 4)) == [
                "last-reference pfn=288 order=4", "pcp-bypassed order=4 highest_order=3",
                "buddy-merge pfn=288 order=4 buddy_pfn=304 merged_pfn=288 merged_order=5",
                "buddy-not-free pfn=288 order=5 buddy_pfn=256",
                "buddy-to-head zone=Normal order=5 migratetype=Unmovable pfn=288",
            ])
    }

    @Test func allocPage_ofGFPDMA_takesDMAWithoutAReserve() throws {
        var story = try boot()
        #expect(
            story.decide(.allocPage(.dma)) == [
                "will-not-sleep gfp=GFP_DMA",
                "page-request gfp=GFP_DMA order=0 pages=1 zone=DMA migratetype=Unmovable",
                "zone-passed-watermark zone=DMA order=0 nr_free_pages=112 counted_pages=112 "
                    + "watermark=low watermark_pages=8 boost=0 required_pages=8 lowmem_reserve=0",
                "pcp-empty cpu=0 zone=DMA order=0 migratetype=Unmovable batch=4 blocks=4",
                "buddy-take zone=DMA migratetype=Unmovable wanted_order=0 order=4 pfn=16",
            ] + splits(16, from: 4, to: 0) + [
                "pcp-refill cpu=0 zone=DMA blocks=4 order=0 count=4",
                "pcp-hit cpu=0 zone=DMA order=0 pfn=16 count=3",
            ])
    }

    /// The numbers are those of the zones at that moment.
    @Test func allocPage_ofAFullNormalZone_fallsToDMAAndLeavesItsReserve() throws {
        var story = try boot()
        _ = story.exhaust(.allocPages([.kernel, .noWarn], order: 5))
        let zones = story.machine.zones
        story.make(.allocPage(.kernel))
        let skipped = try #require(story.decisions.first { $0.code == .zoneBelowWatermark })
        let passed = try #require(story.decisions.first { $0.code == .zonePassed })
        for (decision, zone) in [(skipped, zones[1]), (passed, zones[0])] {
            #expect(decision["zone"] == .text(zone.name))
            #expect(decision["nr_free_pages"] == .number(Int64(zone.countedFreePages)))
            #expect(decision["watermark_pages"] == .number(Int64(zone.watermark[1])))
            #expect(decision["boost"] == .number(Int64(zone.boost)))
            // GFP_KERNEL could have used Normal, whose index is 1.
            #expect(decision["lowmem_reserve"] == .number(Int64(zone.lowmemReserve[1])))
        }
        #expect(zones[1].countedFreePages <= zones[1].watermark[1])
        #expect(passed["lowmem_reserve"] == .number(2))
        #expect(story.decisions.last?["zone"] == .text("DMA"))
    }

    @Test func allocPages_thatNoZoneCanServe_triesAgainDownToMinAndGivesUp() throws {
        var story = try boot()
        _ = story.exhaust(.allocPages([.kernel, .noWarn], order: 3))
        let codes = story.decide(.allocPages(.kernel, order: 3)).map { $0.prefix { $0 != " " } }
        let round = ["zone-skipped-watermark", "zone-skipped-watermark"]
        #expect(
            codes.map(String.init) == ["page-request"] + round + ["slow-path", "kswapd-woken"]
                + round + ["second-attempt"] + round + ["allocation-failed"])
        #expect(story.decisions[4].text.contains("with the rights none"))
    }

    @Test func kmalloc_ofACacheWithoutSlabs_makesOne() throws {
        var story = try boot()
        let size =
            "kmalloc-size-class size_bytes=100 cache=kmalloc-128 object_bytes=128 waste_bytes=28"
        #expect(
            story.decide(.kmalloc(size: 100, .kernel)) == [
                size, "slab-new-wanted cache=kmalloc-128 order=0 objects=32",
                "page-request gfp=GFP_KERNEL|__GFP_NOWARN|__GFP_NORETRY order=0 pages=1 "
                    + "zone=Normal migratetype=Unmovable", normalPasses(free: 728),
            ] + firstRefill + [
                "slab-new cache=kmalloc-128 slab_pfn=256 order=0 inuse=0 objects=32",
                "slab-cpu-freelist cache=kmalloc-128 cpu=0 object=0xc0100000 next=0xc0100080",
            ])
        #expect(
            story.decide(.kmalloc(size: 100, .kernel)) == [
                size,
                "slab-cpu-freelist cache=kmalloc-128 cpu=0 object=0xc0100080 next=0xc0100100",
            ])
    }

    @Test func vmalloc_findsAGap_thenPages_thenWritesEntries() throws {
        var story = try boot()
        let area = try #require(story.makeQuietly(.vmalloc(size: 9_000)).pointer)
        story.makeQuietly(.vmalloc(size: 5_000))
        story.makeQuietly(.vfree(area))
        #expect(
            story.decide(.vmalloc(size: 9_000)) == [
                "vmalloc-size size_bytes=9000 pages=3 area_bytes=16384",
                "kmalloc-size-class size_bytes=32 cache=kmalloc-32 object_bytes=32 waste_bytes=0",
                "slab-cpu-freelist cache=kmalloc-32 cpu=0 object=0xc0100000 next=0xc0100040",
                "object-cleared bytes=32",
                "slab-cpu-freelist cache=vmap_area cpu=0 object=0xc0101080 next=0xc01010a0",
                // The first area's addresses wait for a purge: the gap behind the second one is it.
                "vmap-gap address=0xc0b87000 size_bytes=16384 window_start=0xc0b80000 "
                    + "gap_start=0xc0b87000 gap_end=0xffffffff guard_page=0xc0b8a000 "
                    + "gaps_passed_over=0",
                "page-array-from-kmalloc pages=3 size_bytes=12",
                "kmalloc-size-class size_bytes=12 cache=kmalloc-16 object_bytes=16 waste_bytes=4",
                "slab-cpu-freelist cache=kmalloc-16 cpu=0 object=0xc0102000 next=0xc0102010",
                "object-cleared bytes=16", "bulk-zone zone=HighMem pages=3",
                "pcp-hit cpu=0 zone=HighMem order=0 pfn=898 count=5",
                "vmalloc-pages pages=3 wanted_pages=3",
                "pte-written address=0xc0b87000 entries=3 table_pfn=259 index=903 first_pfn=898 "
                    + "last_pfn=896",
            ])
    }

    @Test func spinLock_thatIsHeld_spinsAndAnotherCircleHaltsTheMachine() throws {
        var story = Narrator(try MachineConfiguration(kind: .classroom, cpuCount: 2))
        let (a, b) = (SpinLock(name: "a"), SpinLock(name: "b"))
        #expect(!story.decide(.spinLock(a, .plain)).contains { $0.hasPrefix("lock") })
        story.makeQuietly(.runOn(cpu: 1))
        story.makeQuietly(.spinLock(b, .plain))
        #expect(
            story.decide(.spinLock(a, .plain)).last
                == "lock-spins lock=a cpu=1 holder_cpu=0 held_since_step=1")
        story.makeQuietly(.runOn(cpu: 0))
        #expect(
            story.decide(.spinLock(b, .plain)).suffix(3).dropLast() == [
                "lock-spins lock=b cpu=0 holder_cpu=1 held_since_step=3",
                "lock-deadlock lock=b cpu=0 holder_cpu=1",
            ])
        let halt = try #require(story.decisions.last)
        #expect(halt.code == .machineHalted)
        #expect(halt["oops"] == .text(try #require(story.machine.oops)))
        #expect(story.decide(.allocPage(.kernel)) == [])
    }

    @Test func vmalloc_ofNothingOrTooMuch_saysWhy() throws {
        var story = try boot()
        #expect(story.decide(.vmalloc(size: 0)) == ["vmalloc-of-nothing"])
        let told = story.decide(.vmalloc(size: 1 << 30))
        #expect(
            told.first?.hasPrefix("vmalloc-too-large size_bytes=1073741824 pages=262144 ") == true)
        #expect(told.count == 1)
    }

    @Test func vfree_clearsEntries_andLeavesTheAddressesForAPurge() throws {
        var story = try boot()
        let area = try #require(story.makeQuietly(.vmalloc(size: 9_000)).pointer)
        let told = story.decide(.vfree(area))
        #expect(
            told.prefix(4) == [
                "vmap-area-found address=0xc0b80000 start=0xc0b80000 pages=3",
                "pte-cleared address=0xc0b80000 entries=4 table_pfn=259 index=896",
                "vmap-lazy start=0xc0b80000 pages=4 lazy_pages=4 lazy_limit=8192",
                "vfree-pages pages=3",
            ])
        #expect(!told.contains { $0.hasPrefix("tlb-flush") })
        #expect(
            story.decide(.vmUnmapAliases).prefix(2) == [
                "vmap-purge ranges=1 start=0xc0b80000 end=0xc0b84000",
                "tlb-flush-pages start=0xc0b80000 end=0xc0b84000 pages=4 most_pages=33 cpus=1",
            ])
    }

    @Test func kmap_behindTheLastSlot_comesRoundAndFlushes() throws {
        var story = try boot()
        let pages = (0..<16).compactMap { _ in story.makeQuietly(.allocPage(.highUser)).page }
        for page in pages.dropLast() {
            story.makeQuietly(.kmap(page))
            story.makeQuietly(.kunmap(page, use: 0))
        }
        #expect(
            story.decide(.kmap(pages[15])) == [
                "kmap-wrap last_pkmap_nr=15 slots=16",
                "kmap-flush freed_slots=15 used_slots=0 slots=16",
                "tlb-flush-pages start=0xff400000 end=0xff410000 pages=16 most_pages=33 cpus=1",
                "kmap-slot slot=0 address=0xff400000 last_pkmap_nr=15 slots_passed_over=0",
                "kmap-first-user pfn=911 slot=0 address=0xff400000 users=1",
            ])
        #expect(
            story.decide(.kmapAtomic(pages[0], type: nil)) == [
                "preemption-off cpu=0 depth=1",
                "kmap-local-slot pfn=896 cpu=0 index=0 address=0xfffbb000",
            ])
    }

    /// A set of codes has a bit for each.
    @Test func codes_fitIntoASet() {
        #expect(Decision.Code.allCases.count <= 128)
        #expect(MemoryLayout<Decision.Code>.size == 1)
    }

    @Test func longCalls_areTold_inABoundedList() throws {
        var story = Narrator(try MachineConfiguration())
        story.make(.vmalloc(size: 100 << 20))
        #expect(story.decisions.count <= Explanation.limit)
        // Each page table that is written to is told, even though most of its making is not.
        let entries = story.decisions.filter { $0.code == .entriesWritten && $0["entries"] != nil }
        #expect(entries.suffix(26).count == 26)
        #expect(story.decisions.count { $0.code == .pageRequest } < 20)
    }
}
