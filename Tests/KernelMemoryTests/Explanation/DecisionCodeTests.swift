import Foundation
import KernelMemory
import KernelTestSupport
import Testing

/// Every kind of decision is one that some call comes to, and that the documentation lists.
@Suite struct DecisionCodeTests {
    @Test func everyCode_isReachedBySomeCall_andItsSentenceHasItsNumbers() throws {
        let stories = [
            try pages(), try shortMemory(), try steals(order: 2), try steals(order: 4),
            try urgent(), try boost(),
            try mixing(), try reclaim(), try slub(),
            try smallSlab(), try checked(), try arrays(), try areas(), try purge(), try mappings(),
            try deadlock(),
        ]
        let told = stories.reduce(into: Set<Decision.Code>()) { $0.formUnion($1.told) }
        let missing = Decision.Code.allCases.filter { !told.contains($0) }
        #expect(missing.map(\.rawValue) == [])
        #expect(stories.flatMap(\.unfilled) == [])
    }

    @Test func everyCode_isInTheDocumentation_withItsSentence() throws {
        let file = URL(fileURLWithPath: #filePath)
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appendingPathComponent("Documentation/Explain.md")
        let text = try String(contentsOf: file, encoding: .utf8)
        let rows = text.split(separator: "\n").filter { $0.hasPrefix("| `") }.map {
            $0.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
        }
        let listed = rows.map { "\($0[0]) \($0[2])" }
        let codes = Decision.Code.allCases.map { "`\($0.rawValue)` \($0.sentence)" }
        #expect(listed.sorted() == codes.sorted())
    }

    // MARK: - Pages

    private func pages() throws -> Narrator {
        var story = Narrator(try MachineConfiguration(kind: .classroom))
        story.make(.allocPages(.kernel, order: 11))
        let block = try #require(story.make(.allocPages([.kernel, .zero], order: 5)).page)
        story.make(.allocPages(.dma, order: 0))
        let pages = try (0..<40).map { _ in
            try #require(story.make(.allocPages(.kernel, order: 1)).page)
        }
        for page in pages { story.make(.freePagesOf(page, order: 1)) }
        let single = try (0..<40).map { _ in try #require(story.make(.allocPage(.kernel)).page) }
        for page in single { story.make(.freePageOf(page)) }
        story.make(.freePagesOf(block, order: 5))
        story.make(.cpu(.preemptDisable))
        story.make(.allocPage(.kernel))
        story.make(.cpu(.preemptEnable))
        story.make(.freePageOf(pages[0]))
        return story
    }

    private static let everything: GFPFlags = [.noWait, .noWarn, .memalloc]

    /// A small machine on which every block of an order is taken, and each so-many-th is free again.
    private func fragmented(order: UInt32, stride step: UInt32) throws -> Narrator {
        var story = Narrator(try MachineConfiguration(kind: .classroom))
        let pages = story.exhaust(.allocPages(Self.everything, order: order)).compactMap(\.page)
        for page in pages {
            let pfn = try #require(story.machine.frame(of: page)).rawValue
            if (pfn >> order) % step == 0 { story.makeQuietly(.freePagesOf(page, order: order)) }
        }
        return story
    }

    private func shortMemory() throws -> Narrator {
        var story = try fragmented(order: 0, stride: 2)
        story.make(.allocPages([.kernel, .noWarn], order: 3))
        story.make(.allocPage([.kernel, .noWarn, .movable]))
        story.make(.allocPages([.gfpAtomic, .noWarn, .memalloc], order: 4))
        return story
    }

    /// A movable request claims a page block of which half is free, but not one with a quarter.
    private func steals(order: UInt32) throws -> Narrator {
        var story = try fragmented(order: order, stride: order == 2 ? 4 : 2)
        story.make(.allocPage(Self.everything.union(.movable)))
        return story
    }

    private func urgent() throws -> Narrator {
        var story = Narrator(try MachineConfiguration(kind: .classroom))
        _ = story.exhaust(.allocPage([.kernel, .noWarn]))
        story.make(.allocPages([.gfpAtomic, .noWarn], order: 2))
        story.make(.allocPage([.kernel, .noWarn]))
        return story
    }

    /// Blocks of all types until the watermarks rise, then urgent requests until nothing is left.
    private func boost() throws -> Narrator {
        var story = Narrator(try MachineConfiguration(kind: .classroom))
        let types: [GFPFlags] = [[], .movable, .reclaimable]
        for index in 0..<1_000 {
            let gfp = [GFPFlags.noWait, .noWarn].reduce(types[index % 3]) { $0.union($1) }
            story.make(.allocPages(gfp.union(.highmem), order: UInt32(index % 3 + 1)))
        }
        for _ in 0..<2 {
            _ = story.exhaust(.allocPage([.gfpAtomic, .noWarn]))
            story.make(.allocPage([.gfpAtomic, .noWarn]))
            story.make(.allocPages([.gfpAtomic, .noWarn], order: 1))
            story.make(.allocPages([.kernel, .noWarn], order: 1))
        }
        return story
    }

    /// A 64-bit machine with a little memory above 4 GiB, where types are not to be mixed.
    private func mixing() throws -> Narrator {
        var story = Narrator(try MachineConfiguration(kind: .x86_64, memoryInMiB: 3_600))
        let movable = Self.everything.union(.movable)
        let pages = story.exhaust(.allocPages(movable, order: 8)).compactMap(\.page)
        story.make(.allocPage(movable))
        for page in pages where try #require(story.machine.frame(of: page)).rawValue & 256 == 0 {
            story.makeQuietly(.freePagesOf(page, order: 8))
        }
        story.make(.allocPage([.noWait, .noWarn]))
        return story
    }

    private func reclaim() throws -> Narrator {
        var story = Narrator(try MachineConfiguration(kind: .classroom))
        let request = CacheRequest(
            name: "names", size: 960, flags: .reclaimAccount, constructor: .fill(0))
        let cache = try #require(story.make(.kmemCacheCreate(request)).pointer)
        story.make(.registerShrinker(cache))
        let objects = story.exhaust(.kmemCacheAlloc(cache, [.kernel, .noWarn]))
        for object in objects.compactMap(\.pointer) {
            story.makeQuietly(.listLRUAdd(cache, object: object))
        }
        story.make(.allocPages([.kernel, .noWarn], order: 3))
        story.make(.allocPages([.kernel, .noWarn], order: 8))
        return story
    }

    // MARK: - Objects

    private func slub() throws -> Narrator {
        var story = Narrator(try MachineConfiguration(kind: .i386, memoryInMiB: 16))
        story.make(.kmalloc(size: 0, .kernel))
        story.make(.kfree(.null))
        let large = try #require(story.make(.kmalloc(size: 9_000, .kernel)).pointer)
        story.make(.kfree(large))
        story.make(.kzalloc(size: 100, .kernel))
        let objects = try (0..<240).map { _ in
            try #require(story.make(.kmalloc(size: 4096, .kernel)).pointer)
        }
        // One object of each slab, then as many again, then all.
        for object in stride(from: 0, to: 240, by: 8) { story.make(.kfree(objects[object])) }
        let again = try (0..<30).map { _ in
            try #require(story.make(.kmalloc(size: 4096, .kernel)).pointer)
        }
        for index in 0..<240 where index % 8 != 0 { story.make(.kfree(objects[index])) }
        for object in again { story.make(.kfree(object)) }
        let cache = try #require(story.machine.cacheAddress(named: "kmalloc-4k"))
        story.make(.kmemCacheShrink(cache))
        return story
    }

    /// No block is left that is large enough for a slab of the usual order.
    private func smallSlab() throws -> Narrator {
        var story = try fragmented(order: 0, stride: 2)
        story.make(.kmalloc(size: 1_000, .kernel))
        return story
    }

    private func checked() throws -> Narrator {
        var story = Narrator(try MachineConfiguration(kind: .classroom, debug: true))
        let object = try #require(story.make(.kmalloc(size: 40, .kernel)).pointer)
        story.make(.kfree(object))
        return story
    }

    private func arrays() throws -> Narrator {
        var story = Narrator(
            try MachineConfiguration(kind: .i386, memoryInMiB: 16, cpuCount: 2, slab: .slab))
        let objects = try (0..<2_000).map { _ in
            try #require(story.make(.kmalloc(size: 200, .kernel)).pointer)
        }
        for index in [0, 1] {
            for object in stride(from: index, to: objects.count, by: 2) {
                story.make(.kfree(objects[object]))
            }
        }
        story.make(.runOn(cpu: 1))
        for _ in 0..<1_000 { story.make(.kmalloc(size: 200, .kernel)) }
        return story
    }

    // MARK: - Mappings

    private func areas() throws -> Narrator {
        var story = Narrator(try MachineConfiguration())
        let areas = try (0..<4).map { _ in
            try #require(story.make(.vmalloc(size: 25 << 20)).pointer)
        }
        story.make(.vfree(areas[0]))
        story.make(.vmalloc(size: 25 << 20))
        story.make(.vmalloc(size: 0))
        story.make(.vmalloc(size: 1 << 40))
        return story
    }

    private func purge() throws -> Narrator {
        var story = Narrator(try MachineConfiguration(kind: .classroom))
        let area = try #require(story.make(.vmalloc(size: 160_000)).pointer)
        story.make(.vfree(area))
        story.make(.vmUnmapAliases)
        let small = try #require(story.make(.vmalloc(size: 5_000)).pointer)
        story.make(.cpu(.enterIRQ))
        story.make(.vfree(small))
        story.make(.cpu(.exitIRQ))
        _ = story.exhaust(.allocPages([.highUser, .noWarn], order: 2))
        story.make(.vmalloc(size: 100_000))
        return story
    }

    private func deadlock() throws -> Narrator {
        var story = Narrator(try MachineConfiguration(kind: .classroom, cpuCount: 2))
        story.make(.spinLock(SpinLock(name: "a"), .plain))
        story.make(.runOn(cpu: 1))
        story.make(.spinLock(SpinLock(name: "b"), .plain))
        story.make(.spinLock(SpinLock(name: "a"), .plain))
        story.make(.runOn(cpu: 0))
        story.make(.spinLock(SpinLock(name: "b"), .plain))
        return story
    }

    private func mappings() throws -> Narrator {
        var story = Narrator(try MachineConfiguration(kind: .classroom))
        let pages = try (0..<17).map { _ in
            try #require(story.makeQuietly(.allocPage(.highUser)).page)
        }
        for page in pages.dropLast() { story.make(.kmap(page)) }
        story.make(.kmap(pages[0]))
        story.make(.kunmap(pages[0], use: 0))
        story.make(.kmap(pages[16]))
        story.make(.kunmap(pages[3], use: 0))
        let low = try #require(story.makeQuietly(.allocPage(.kernel)).page)
        story.make(.kmap(low))
        for type in [KmapType.user0, nil] {
            let address = try #require(story.make(.kmapAtomic(pages[1], type: type)).pointer)
            story.make(.kunmapAtomic(address, type: type, use: 0))
        }
        return story
    }
}
