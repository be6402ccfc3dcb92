/// What the CPU's own stores do: nothing but bytes stops them, or a page that is not mapped.
extension Core {
    /// Stores bytes as the CPU does; faults where nothing is mapped, after what came before.
    func store(_ address: VirtualAddress, _ bytes: [UInt8]) -> Outcome {
        store(address, count: bytes.count) { writeBytes(bytes.prefix($1), at: $0) }
    }

    /// Stores the same byte again and again. `memset`.
    func fill(_ address: VirtualAddress, byte: UInt8, count: Int) -> Outcome {
        store(address, count: count) { fillBytes(byte, count: $1, at: $0) }
    }

    private func store(
        _ address: VirtualAddress, count: Int, _ write: (PhysicalAddress, Int) -> Void
    ) -> Outcome {
        if count == 0 { return Outcome(.void) }
        let start = address.rawValue
        let fault = faultAddress(start, count: UInt64(count))
        let mapped = fault.map { Int($0 - start) } ?? count
        if mapped > 0 {
            noteWrongStore(start..<(start + UInt64(mapped)))
            write(physical(start), mapped)
        }
        if let fault {
            noteMisuse(.wildPointer, at: fault)
            oopsOnAccess(to: fault, isWrite: true)
        }
        return Outcome(.void)
    }
}
