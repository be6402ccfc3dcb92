import KernelMemory
import MicroHTTPD

extension SessionState {
    /// Runs a call and answers with what it came to: 201 when it made something.
    @inline(__always)
    mutating func run(
        _ requested: RequestedCall, answering response: inout Response
    ) throws(Problem) {
        let outcome = try run(requested)
        response.answer(requested.call, outcome.returned, machine)
    }

    /// Runs a call on the CPU that the call before ran on, and answers with what it came to.
    @inline(__always)
    mutating func run(_ call: KernelCall, answering response: inout Response) throws(Problem) {
        let outcome = try apply(call)
        response.answer(call, outcome.returned, machine)
    }
}

extension Response {
    /// Answers with an object that begins with the step that it shows.
    ///
    /// - Parameter size: about how many bytes it will be.
    @inline(__always)
    mutating func snapshot(
        _ view: SessionView, expecting size: Int = JSONWriter.usualSize,
        _ members: (inout JSONWriter) -> Void
    ) {
        json(expecting: size) { json in
            json.object { json in
                json.member("step", view.step)
                members(&json)
            }
        }
    }
}

extension Response {
    @inline(__always)
    fileprivate mutating func answer(
        _ call: KernelCall, _ returned: Outcome.Returned, _ machine: borrowing Machine
    ) {
        if _fastPath(call.isAllocation) {
            if returned != .null {
                status = 201
                setLocation(machine.step)
            }
        } else {
            locate(call, returned, machine)
        }
        json { json in json.answer(to: call, returned, machine) }
    }

    /// Says where something is that is no block of pages, if the last call made it.
    @inline(never)
    private mutating func locate(
        _ call: KernelCall, _ returned: Outcome.Returned, _ machine: borrowing Machine
    ) {
        if call.makesArea || call.mapsPage {
            guard case .address = returned else { return }
            status = 201
            setLocation(
                machine.step,
                prefix: call.makesArea
                    ? "/vmalloc/" : call.mapsTemporarily ? "/kmap_atomic/" : "/kmap/")
        } else if let object = machine.allocatedObject(call, returned) {
            locate(object, machine)
        } else {
            locate(call, returned)
        }
    }

    /// Says where an object is, if the last call made it.
    private mutating func locate(_ object: ObjectSnapshot, _ machine: borrowing Machine) {
        guard object.allocatedAtStep == machine.step else { return }
        status = 201
        if object.isKMalloc { return setLocation(machine.step, prefix: "/kmalloc/") }
        let name = machine.cacheName(object.cache ?? 0).percentEncoded
        setHeader("Location", "/caches/\(name)/objects/\(machine.step)")
    }

    /// Says where a cache or a home-made list is that the call made.
    private mutating func locate(_ call: KernelCall, _ returned: Outcome.Returned) {
        switch (call, returned) {
        case (.kmemCacheCreate(let request), .address):
            status = 201
            setHeader("Location", "/caches/\(request.name.percentEncoded)")
        case (.freeListCreate, .number(let list)):
            status = 201
            setHeader("Location", "/freelists/\(list)/objects")
        case (.loadModule(let module), .address):
            status = 201
            setHeader("Location", "/modules/\(module.name)")
        default: break
        }
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
