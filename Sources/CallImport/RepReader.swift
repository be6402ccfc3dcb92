/// Reads the traces of the malloc lab (`.rep`).
///
///     20000      suggested size of the heap, or the weight
///     2          ids
///     4          operations
///     1          the weight, or the size of the heap
///     a 0 512    malloc
///     a 1 128
///     r 0 640    realloc
///     f 1        free; -1 is NULL
struct RepReader: Sendable {
    /// The numbers of the header that were read.
    private var header: [UInt64] = []
    private var allocations = UserAllocations(.id)
    /// Ids that were allocated and not freed since.
    private var used: Set<UInt64> = []
    private var operations: UInt64 = 0

    /// Lines of the header: the number of ids is the second, that of operations the third.
    private static let headerCount = 4
    private static let wanted =
        "A line reads a ID BYTES, r ID BYTES or f ID, behind four lines with a number each."

    /// Reads a line that is not empty.
    ///
    /// - Returns: always true: every line is an event.
    mutating func read(
        _ line: UnsafeRawBufferPointer, _ calls: inout [ImportedCall]
    ) throws(LineFault) -> Bool {
        var words = Words(line)
        guard let first = words.next() else { return true }
        if header.count < Self.headerCount {
            guard let number = first.decimal, words.next() == nil else {
                throw LineFault(Self.wanted)
            }
            header.append(number)
            return true
        }
        operations += 1
        guard operations <= header[2] else {
            throw LineFault(
                "The header says that there are \(header[2]) operations; this is one more.")
        }
        guard let id = words.next() else { throw LineFault(Self.wanted) }
        if first.equals("f") {
            guard words.next() == nil else { throw LineFault(Self.wanted) }
            try free(id, &calls)
            return true
        }
        guard let size = words.next(), words.next() == nil else { throw LineFault(Self.wanted) }
        let number = try self.id(id)
        if first.equals("a") {
            guard used.insert(number).inserted else {
                throw LineFault("Id \(number) is in use: f \(number) has to come first.")
            }
            try allocations.allocate(number, size.size(), &calls)
        } else if first.equals("r") {
            guard allocations.knows(number) else {
                throw LineFault(
                    "Id \(number) was never allocated: a \(number) BYTES has to come first.")
            }
            used.insert(number)
            try allocations.reallocate(number, to: number, size.size(), &calls)
        } else {
            throw LineFault(Self.wanted)
        }
        return true
    }

    /// What is missing when there are no more lines; `nil` for nothing.
    var missing: String? {
        if header.count < Self.headerCount {
            return "The trace ends in its header, behind \(header.count) of "
                + "\(Self.headerCount) lines with a number each."
        }
        guard operations < header[2] else { return nil }
        return
            "The trace ends behind \(operations) of the \(header[2]) operations that its header says."
    }

    private mutating func free(
        _ word: UnsafeRawBufferPointer, _ calls: inout [ImportedCall]
    ) throws(LineFault) {
        if word.equals("-1") { return calls.append(ImportedCall(.kvfree(nil))) }
        let id = try self.id(word)
        guard allocations.free(id, &calls) else {
            throw LineFault("Id \(id) was never allocated.")
        }
        used.remove(id)
    }

    private func id(_ word: UnsafeRawBufferPointer) throws(LineFault) -> UInt64 {
        guard let id = word.decimal, id < header[1] else {
            throw LineFault("An id is a number below \(header[1]), as the header says.")
        }
        return id
    }
}
