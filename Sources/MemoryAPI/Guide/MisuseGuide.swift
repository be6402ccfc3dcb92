import KernelMemory

/// What is told about one broken rule at `/problems/{code}`.
struct MisuseGuide: Sendable {
    /// What was done, in a few words.
    let title: String
    /// How it comes about.
    let cause: String
    /// What it leads to.
    let consequence: String
    /// What to do instead.
    let cure: String
    /// What a plain kernel does.
    let plain: String
    /// What a kernel with its checks on does and prints.
    let checking: String
    /// Calls that commit it.
    let example: Example
    /// Codes that go with it, or that are easily taken for it.
    let see: [DocumentedCode]

    /// Calls on an `i386` machine that has just booted, the last of which breaks the rule.
    struct Example: Sendable, ExpressibleByArrayLiteral {
        /// The machine that it boots.
        static let machine: StaticString = "i386"
        /// Each as `POST /calls` takes it.
        let calls: [String]
        /// Whether it takes a kernel with its debugging options to see it.
        var debug = false
        /// CPUs that it takes.
        var cpus = 1
        /// The body of `POST /dma` behind the calls, where it is a device that breaks the rule.
        var transfer: (address: UInt64, lengthInBytes: Int)?

        init(
            _ calls: [String], debug: Bool = false, cpus: Int = 1,
            transfer: (address: UInt64, lengthInBytes: Int)? = nil
        ) {
            self.calls = calls
            self.debug = debug
            self.cpus = cpus
            self.transfer = transfer
        }

        init(arrayLiteral calls: String...) { self.init(calls) }
    }
}

extension Misuse.Code {
    /// What is told about it. A code without a text does not compile.
    var guide: MisuseGuide {
        switch self {
        case .wrongOrderFree: .wrongOrderFree
        case .doubleFree: .doubleFree
        case .freeOfUnallocated: .freeOfUnallocated
        case .freeInsideBlock: .freeInsideBlock
        case .freeOfReserved: .freeOfReserved
        case .wildPointer: .wildPointer
        case .handedOutTwice: .handedOutTwice
        case .orderTooLarge: .orderTooLarge
        case .wrongSplit: .wrongSplit
        case .conflictingMobility: .conflictingMobility
        case .objectFreedTwice: .objectFreedTwice
        case .freeInsideObject: .freeInsideObject
        case .kfreeOfPages: .kfreeOfPages
        case .wrongCache: .wrongCache
        case .strayObject: .strayObject
        case .resizedAfterFree: .resizedAfterFree
        case .objectHandedOutTwice: .objectHandedOutTwice
        case .destroyedCacheInUse: .destroyedCacheInUse
        case .writePastEnd: .writePastEnd
        case .writeBeforeStart: .writeBeforeStart
        case .writeIntoSlack: .writeIntoSlack
        case .writeAfterFree: .writeAfterFree
        case .writeToUnowned: .writeToUnowned
        case .usedAfterFree: .usedAfterFree
        case .writeToReadOnly: .writeToReadOnly
        case .dmaToForeign: .dmaToForeign
        case .wronglyUnused: .wronglyUnused
        case .noShrinker: .noShrinker
        case .usedAfterReclaim: .usedAfterReclaim
        case .freedWhileUnused: .freedWhileUnused
        case .wronglyStored: .wronglyStored
        case .vmallocOfNothing: .vmallocOfNothing
        case .vfreeOfBadAddress: .vfreeOfBadAddress
        case .vfreeOfNoArea: .vfreeOfNoArea
        case .vfreeInsideArea: .vfreeInsideArea
        case .vunmapOfVmalloc: .vunmapOfVmalloc
        case .vfreeOfVmap: .vfreeOfVmap
        case .usedAfterVfree: .usedAfterVfree
        case .freeOfMapping: .freeOfMapping
        case .sleepInAtomic: .sleepInAtomic
        case .schedulingWhileAtomic: .schedulingWhileAtomic
        case .vmallocInInterrupt: .vmallocInInterrupt
        case .preemptUnbalanced: .preemptUnbalanced
        case .interruptUnbalanced: .interruptUnbalanced
        case .lockNotHeld: .lockNotHeld
        case .lockRecursion: .lockRecursion
        case .deadlock: .deadlock
        case .heldAtSleep: .heldAtSleep
        case .kunmapUnbalanced: .kunmapUnbalanced
        case .kmapOverwritten: .kmapOverwritten
        case .usedAfterKunmap: .usedAfterKunmap
        case .kunmapOutOfOrder: .kunmapOutOfOrder
        case .kmapNestedTooDeep: .kmapNestedTooDeep
        case .kunmapOfWrongAddress: .kunmapOfWrongAddress
        case .wrongKmapType: .wrongKmapType
        case .freeOfKmappedPage: .freeOfKmappedPage
        }
    }
}
