import KernelMemory
import MicroHTTPD

extension Response {
    /// Answers with what a call came to: 201 when it allocated something.
    @inline(__always)
    mutating func answer(_ call: KernelCall, _ outcome: Outcome, _ machine: borrowing Machine) {
        if call.isAllocation {
            if outcome.returned != .null {
                status = 201
                setLocation(machine.step)
            }
        } else {
            locate(call, outcome, machine)
        }
        json { json in json.answer(to: call, outcome.returned, machine) }
    }

    /// Says where an object or a cache is that the call made.
    private mutating func locate(
        _ call: KernelCall, _ outcome: Outcome, _ machine: borrowing Machine
    ) {
        if case .kmemCacheCreate(let request) = call, case .address = outcome.returned {
            status = 201
            setHeader("Location", "/caches/\(request.name.percentEncoded)")
        }
        guard let object = machine.allocatedObject(call, outcome.returned),
            object.allocatedAtStep == machine.step
        else { return }
        status = 201
        if object.isKMalloc { return setLocation(machine.step, prefix: "/kmalloc/") }
        let name = machine.cacheName(object.cache ?? 0).percentEncoded
        setHeader("Location", "/caches/\(name)/objects/\(machine.step)")
    }

    private mutating func setLocation(_ id: UInt32, prefix: StaticString = "/pages/") {
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 32) { buffer in
            let start = buffer.baseAddress.unsafelyUnwrapped
            start.update(from: prefix.utf8Start, count: prefix.utf8CodeUnitCount)
            let end = prefix.utf8CodeUnitCount
            let count = end + writeDecimal(UInt64(id), to: start + end)
            setHeader("Location", bytes: UnsafeRawBufferPointer(start: start, count: count))
        }
    }
}

extension String {
    /// The text as a segment of a path.
    var percentEncoded: String {
        utf8.reduce(into: "") { result, byte in
            let character = Character(Unicode.Scalar(byte))
            if byte < 0x80, character.isLetter || character.isNumber || "-._~".contains(character) {
                result.append(character)
            } else {
                result += "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
            }
        }
    }
}
