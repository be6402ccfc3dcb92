import KernelMemory
import Testing

/// What Linux 6.1 was recorded to do with wrong calls, on each of three kernels: the same calls, the same
/// outcome, the same lines.
@Suite struct MisuseCatalogueTests {
    @Test(arguments: MisuseStory.all, KernelVariant.allCases)
    func story_isToldAsRecorded(_ story: MisuseStory, _ variant: KernelVariant) throws {
        var teller = try Storyteller(variant, memoryInMiB: story.memoryInMiB)
        let areas = teller.machine.vmAreas.count
        story.prepare(&teller)
        story.tell(&teller)
        let recorded = try RecordedText.lines(story.name, variant)
        let told = RecordedText.normal(RecordedText.withoutTraces(teller.finish()))
        #expect(told == RecordedText.normal(recorded), "\(told.joined(separator: "\n"))")
        let machine = teller.machine
        #expect(machine.isHalted == RecordedText.isFatal(recorded))
        #expect(Set(machine.misuses.map(\.code)) == story.misuses(variant))
        #expect(machine.vmAreas.count - areas == story.areasLeft)
        for misuse in machine.misuses {
            #expect(misuse.explanation.count > 40)
            #expect(misuse.noticedByKernel == story.isNoticed(misuse, variant))
        }
    }

    @Test(arguments: KernelVariant.allCases)
    func recordedCases_areAllTold(_ variant: KernelVariant) throws {
        let told = MisuseStory.all.map(\.name)
        #expect(Set(told).count == told.count)
        #expect(Set(told) == (try RecordedText.names(variant)))
    }

    @Test func freedObject_holdsThePointerToTheNextOneInItsMiddle() throws {
        var teller = try Storyteller(.plain, memoryInMiB: 512)
        MisuseStory.prepareObjects(&teller)
        let object = teller.kmalloc(64)
        teller.fill(object, 64)
        teller.kfree(object)
        let next = (0..<4).map { UInt8(truncatingIfNeeded: (object + 192) >> ($0 * 8)) }
        let rest = [UInt8](repeating: 0x5c, count: 32)
        let bytes = teller.machine.bytes(at: VirtualAddress(object), count: 64)
        #expect(bytes == rest + next + rest.prefix(28))
    }
}
