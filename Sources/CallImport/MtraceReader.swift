/// Reads what glibc's `mtrace` writes.
///
///     = Start
///     @ ./program:(main+0x1e)[0x40055e] + 0x8049f20 0x64      malloc
///     @ ./program:(main+0x2a)[0x40056a] < 0x8049f20           realloc: what it was,
///     @ ./program:(main+0x2a)[0x40056a] > 0x8049f90 0xc8      and what it came to
///     @ ./program:(main+0x30)[0x400570] - 0x8049f90           free
///     = End
struct MtraceReader: Sendable {
    private var allocations = UserAllocations(.address)
    /// What a realloc has given up, when its result is yet to come.
    private var givenUp: UInt64?

    private static let wanted =
        "A line reads + ADDRESS SIZE, - ADDRESS, < ADDRESS, > ADDRESS SIZE or ! ADDRESS SIZE, with "
        + "@ and a place before it or not."

    /// Reads a line that is not empty.
    ///
    /// - Returns: whether it became a call, or needs none.
    mutating func read(
        _ line: UnsafeRawBufferPointer, _ calls: inout [ImportedCall]
    ) throws(LineFault) -> Bool {
        if line.first == UInt8(ascii: "=") { return true }
        guard let event = Event(line), let address = event.address.pointer else {
            throw LineFault(Self.wanted)
        }
        let number = address == 0 ? nil : address
        switch event.sign {
        case UInt8(ascii: "+"): try allocations.allocate(number, event.size.size(), &calls)
        case UInt8(ascii: "<"): givenUp = address
        case UInt8(ascii: ">"): try reallocate(to: number, event.size.size(), &calls)
        case UInt8(ascii: "-"): return allocations.free(address, &calls)
        default: return false
        }
        return true
    }

    private mutating func reallocate(
        to number: UInt64?, _ size: UInt64, _ calls: inout [ImportedCall]
    ) throws(LineFault) {
        if let old = givenUp, let number {
            try allocations.reallocate(old, to: number, size, &calls)
        } else {
            try allocations.allocate(number, size, &calls)
        }
        givenUp = nil
    }

    /// The last words of a line: a place may have blanks.
    private struct Event {
        let sign: UInt8
        let address: UnsafeRawBufferPointer
        /// Empty for those without one.
        let size: UnsafeRawBufferPointer

        init?(_ line: UnsafeRawBufferPointer) {
            var words = Words(line)
            var last: [UnsafeRawBufferPointer] = []
            while let word = words.next() {
                if last.count == 3 { last.removeFirst() }
                last.append(word)
            }
            if last.count == 3, Self.isSign(last[0], "+>!") {
                self.init(sign: last[0][0], address: last[1], size: last[2])
            } else if last.count >= 2, Self.isSign(last[last.count - 2], "-<") {
                self.init(
                    sign: last[last.count - 2][0], address: last[last.count - 1],
                    size: UnsafeRawBufferPointer(start: nil, count: 0))
            } else {
                return nil
            }
        }

        private init(
            sign: UInt8, address: UnsafeRawBufferPointer, size: UnsafeRawBufferPointer
        ) {
            self.sign = sign
            self.address = address
            self.size = size
        }

        private static func isSign(_ word: UnsafeRawBufferPointer, _ signs: String) -> Bool {
            word.count == 1 && signs.utf8.contains(word[0])
        }
    }
}
