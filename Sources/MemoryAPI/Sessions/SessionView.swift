import KernelMemory

/// A session at one of its steps, for looking only; valid while the session's lock is held.
struct SessionView {
    let machine: Machine
    let configuration: MachineConfiguration
    /// The state's hash.
    let hash: UInt64
    /// The calls that led here.
    let records: UnsafeBufferPointer<JournalRecord>
    private let payloads: [JournalPayload]

    init(
        machine: Machine, configuration: MachineConfiguration, hash: UInt64,
        records: UnsafeBufferPointer<JournalRecord>, payloads: [JournalPayload]
    ) {
        self.machine = machine
        self.configuration = configuration
        self.hash = hash
        self.records = records
        self.payloads = payloads
    }

    /// Calls applied since boot.
    var step: Int { records.count }

    /// The call of a step of 1 or more; `nil` for a step that is not there.
    func call(of step: UInt32) -> KernelCall? {
        step >= 1 && step <= records.count
            ? records[Int(step) - 1].call(payloads: payloads) : nil
    }

    /// What the call of a step returned.
    func returned(by step: UInt32) -> Outcome.Returned? {
        step >= 1 && step <= records.count ? records[Int(step) - 1].returned : nil
    }

    /// The first frame of the block that the call of a step allocated; `nil` if it did not.
    func allocatedFrame(by step: UInt32) -> PageFrameNumber? {
        guard let call = call(of: step), call.isAllocation, let returned = returned(by: step)
        else { return nil }
        return machine.frame(returned)
    }

    /// Where the object starts that the call of a step allocated; `nil` if it did not.
    func allocatedObject(by step: UInt32) -> VirtualAddress? {
        guard let call = call(of: step), call.allocatesObject,
            case .address(let address) = returned(by: step), machine.frame(at: address) != nil
        else { return nil }
        if case .krealloc(address, _, _) = call { return nil }
        return address
    }

    /// Where the area starts that the call of a step made; `nil` if it did not.
    func madeArea(by step: UInt32) -> VirtualAddress? {
        guard let call = call(of: step), call.makesArea,
            case .address(let address) = returned(by: step)
        else { return nil }
        return address
    }
}

extension Machine {
    /// The area that a call made; `nil` if it made none.
    @inline(__always)
    func madeArea(_ call: KernelCall, _ returned: Outcome.Returned) -> VmAreaSnapshot? {
        guard _slowPath(call.makesArea), case .address(let address) = returned else { return nil }
        return vmArea(covering: address)
    }

    /// The frame that a returned value points to; `nil` if it is no pointer.
    @inline(__always)
    func frame(_ returned: Outcome.Returned) -> PageFrameNumber? {
        switch returned {
        case .page(let page): frame(of: page)
        case .address(let address): frame(at: address)
        case .void, .null, .number, .halted, .blocked: nil
        }
    }
}
