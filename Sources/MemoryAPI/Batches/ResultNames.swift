import KernelMemory

/// The names that a batch gave to results, and what those were.
///
/// A name may be given again and then stands for the later result. What a call that returned NULL,
/// that did not return, or that did not run is called is 0. A table with open addressing over one
/// array of entries: nothing is allocated for a name that is there already.
struct ResultNames {
    /// A name's place in the table.
    typealias Slot = Int32

    private struct Entry {
        let name: ResultName
        var value: UInt64 = 0
        var isSet = false
    }

    private var entries: [Entry] = []
    /// For each hash the entry, or -1; a power of two of them.
    private var places: [Slot] = []
    /// The bits that a machine's words have.
    private let wordMask: UInt64
    /// Whether calls are only looked at: any reference is then the least value that fits.
    var isChecking = false

    /// The most names of one batch.
    static let limit = 100_000

    init(_ architecture: Architecture) {
        wordMask = architecture == .i386 ? 0xffff_ffff : .max
    }

    /// How many names there are.
    var count: Int { entries.count }

    /// The slot of a name; `nil` if it is new and there are too many.
    mutating func slot(_ name: ResultName) -> Slot? {
        if let slot = find(name) { return slot }
        guard entries.count < Self.limit else { return nil }
        if entries.count * 2 >= places.count { grow() }
        let slot = Slot(entries.count)
        entries.append(Entry(name: name))
        place(slot)
        return slot
    }

    /// Says what a name stands for from now on.
    @inline(__always)
    mutating func set(_ slot: Slot, _ value: UInt64) {
        entries[Int(slot)].value = value
        entries[Int(slot)].isSet = true
    }

    /// The value of a reference; `nil` if no call has given its result that name yet.
    @inline(__always)
    func value(_ reference: ResultReference) -> UInt64? {
        guard let slot = find(reference.name), entries[Int(slot)].isSet else { return nil }
        return (entries[Int(slot)].value &+ reference.offset) & wordMask
    }

    /// Names to look through for what may have been meant, the last ones if they are many.
    var recent: [String] { entries.suffix(1_000).lazy.filter(\.isSet).map(\.name.text) }

    @inline(__always)
    private func find(_ name: ResultName) -> Slot? {
        guard !places.isEmpty else { return nil }
        var index = Int(truncatingIfNeeded: name.hash) & (places.count - 1)
        while true {
            let slot = places[index]
            if slot < 0 { return nil }
            if entries[Int(slot)].name == name { return slot }
            index = (index + 1) & (places.count - 1)
        }
    }

    private mutating func place(_ slot: Slot) {
        var index = Int(truncatingIfNeeded: entries[Int(slot)].name.hash) & (places.count - 1)
        while places[index] >= 0 { index = (index + 1) & (places.count - 1) }
        places[index] = slot
    }

    private mutating func grow() {
        places = [Slot](repeating: -1, count: max(16, places.count * 2))
        for slot in entries.indices { place(Slot(slot)) }
    }
}

extension Problem {
    /// A reference to a result that no earlier call has.
    convenience init(
        unknownResult reference: ResultReference, _ names: borrowing ResultNames,
        at place: Fault.Place
    ) {
        let name = reference.name.text
        let suggestions = nearest(to: name, among: names.recent).map { "$" + $0 }
        self.init(
            .unknownResult,
            "No call before this one named its result \(name)" + Self.didYouMean(suggestions),
            suggestions: suggestions,
            faults: [
                .init(
                    place: place, value: "$" + name,
                    detail: "must be the name that an earlier call of the batch has as \"as\"")
            ])
    }
}
