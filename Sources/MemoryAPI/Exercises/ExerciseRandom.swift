/// The random numbers that problems are made of: the same for the same seed, on every host, for ever.
///
/// SplitMix64 (Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators, OOPSLA 2014). Its
/// state begins as the seed, exclusive-or FNV-1a of `topic/level`, so that topics do not resemble each
/// other. A number below n is the next number's remainder.
struct ExerciseRandom {
    private var state: UInt64

    /// The stream of numbers of one problem.
    init(_ reference: ExerciseReference) {
        state = reference.seed ^ Self.hash("\(reference.topic)/\(reference.level)")
    }

    /// A stream that begins in a state.
    init(state: UInt64) { self.state = state }

    /// FNV-1a, 64 bits.
    private static func hash(_ text: String) -> UInt64 {
        text.utf8.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
    }

    /// The next number.
    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }

    /// A number of a range.
    mutating func number(_ range: ClosedRange<Int>) -> Int {
        range.lowerBound + Int(next() % UInt64(range.count))
    }

    /// One of some elements, of which there is at least one.
    mutating func pick<Element>(_ elements: [Element]) -> Element {
        elements[number(0...(elements.count - 1))]
    }

    /// Whether something happens that does so in one case of some.
    mutating func isOne(in cases: Int) -> Bool { number(1...cases) == 1 }

    /// The elements in another order.
    ///
    /// - Complexity: O(elements).
    mutating func shuffled<Element>(_ elements: [Element]) -> [Element] {
        var elements = elements
        for index in elements.indices.dropFirst().reversed() {
            elements.swapAt(index, number(0...index))
        }
        return elements
    }
}
