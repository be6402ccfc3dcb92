import KernelMemory

/// Cases with a number each that stands for it on disk.
///
/// A number is never given to another case, and does not follow from the order of declarations.
protocol StablyTagged: CaseIterable {
    var tag: UInt8 { get }
}

extension RecordWriter {
    mutating func tag(_ value: some StablyTagged) { byte(value.tag) }
}

extension RecordReader {
    mutating func tag<Value: StablyTagged>(_ field: String) throws(RecordError) -> Value {
        let tag = try byte()
        guard let value = Value.allCases.first(where: { $0.tag == tag }) else {
            throw .outOfRange(field)
        }
        return value
    }
}

extension CPUEvent: StablyTagged {
    var tag: UInt8 {
        switch self {
        case .preemptDisable: 1
        case .preemptEnable: 2
        case .localIRQDisable: 3
        case .localIRQEnable: 4
        case .localIRQSave: 5
        case .localBHDisable: 6
        case .localBHEnable: 7
        case .enterIRQ: 8
        case .exitIRQ: 9
        case .enterSoftirq: 10
        case .exitSoftirq: 11
        case .mightSleep: 12
        case .schedule: 13
        }
    }
}

extension KmapType: StablyTagged {
    /// 0 stands for no type.
    var tag: UInt8 {
        switch self {
        case .bounceRead: 1
        case .skbSunrpcData: 2
        case .skbDataSoftirq: 3
        case .user0: 4
        case .user1: 5
        case .bioSourceIRQ: 6
        case .bioDestinationIRQ: 7
        case .pte0: 8
        case .pte1: 9
        case .irq0: 10
        case .irq1: 11
        case .softirq0: 12
        case .softirq1: 13
        }
    }
}

extension LockVariant: StablyTagged {
    var tag: UInt8 {
        switch self {
        case .plain: 1
        case .bh: 2
        case .irq: 3
        case .irqsave: 4
        }
    }
}

extension DMARequest.Direction: StablyTagged {
    var tag: UInt8 {
        switch self {
        case .toDevice: 1
        case .fromDevice: 2
        }
    }
}

extension MachineConfiguration.Kind: StablyTagged {
    var tag: UInt8 {
        switch self {
        case .i386: 1
        case .classroom: 2
        case .x86_64: 3
        }
    }
}

extension MachineConfiguration.SlabAllocator: StablyTagged {
    var tag: UInt8 {
        switch self {
        case .slub: 1
        case .slab: 2
        }
    }
}
