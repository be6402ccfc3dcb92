import CSimdJSON
import KernelMemory

/// Calls that are all read before the first of them runs.
struct CallBatch {
    private(set) var calls: [RequestedCall] = []
    /// The names of the caches that they make.
    private var created: Set<String> = []

    private static let limit = 10_000

    /// Reads the elements of an array.
    init(_ array: csj_value, _ machine: borrowing Machine) throws(Problem) {
        var array = array
        var cursor = csj_elements(&array)
        var element = csj_value()
        while csj_next_element(&cursor, &element) { try add(element, machine) }
    }

    /// Reads a body of lines with a call on each.
    init(lines body: UnsafeRawBufferPointer, _ machine: borrowing Machine) throws(Problem) {
        var lines = JSONLines(body)
        while let value = try lines.next() { try add(value, machine) }
    }

    private mutating func add(_ value: csj_value, _ machine: borrowing Machine) throws(Problem) {
        guard calls.count < Self.limit else {
            throw Problem(
                .invalidField, "A batch may have \(Self.limit) calls at most.",
                faults: [.init(place: .body("/\(calls.count)"), detail: "is one too many")])
        }
        let place = "/\(calls.count)"
        let requested = try RequestedCall(value, at: place)
        try requested.checkCPU(machine.cpuCount, at: place)
        try requested.checkCache(machine, created: created, at: place)
        if case .kmemCacheCreate(let request) = requested.call { created.insert(request.name) }
        calls.append(requested)
    }
}
