import KernelMemory

/// What programs allocate, as a kernel would give it to them: by kmalloc up to its limit of 4 MiB, by
/// vmalloc beyond. kvfree frees either. What realloc moves from one to the other is a new allocation
/// and a kvfree; its contents are not copied.
struct UserAllocations: Sendable {
    private struct Block {
        var name: ImportedCall.Name
        var isLarge: Bool
    }

    private let kind: ImportedCall.Name.Kind
    private var blocks: [UInt64: Block] = [:]

    /// The most bytes of a kmalloc: `KMALLOC_MAX_SIZE`.
    static let kmallocLimit: UInt64 = 4 << 20
    /// The most bytes that anybody may ask for here.
    static let sizeLimit: UInt64 = 0xff_ffff_ffff

    init(_ kind: ImportedCall.Name.Kind) { self.kind = kind }

    /// Whether there is, or was, memory of this number.
    func knows(_ number: UInt64) -> Bool { blocks[number] != nil }

    /// malloc, whose result is called by a number; one that failed has none.
    mutating func allocate(
        _ number: UInt64?, _ size: UInt64, _ calls: inout [ImportedCall]
    ) throws(LineFault) {
        guard let number else { return calls.append(Self.allocation(size, nil)) }
        let name = ImportedCall.Name(kind: kind, number: number)
        calls.append(Self.allocation(size, name))
        try keep(number, Block(name: name, isLarge: size > Self.kmallocLimit))
    }

    /// free; also of what was freed before, as the program did.
    ///
    /// - Returns: whether there is such memory.
    func free(_ number: UInt64, _ calls: inout [ImportedCall]) -> Bool {
        guard let block = blocks[number] else { return false }
        calls.append(ImportedCall(.kvfree(block.name)))
        return true
    }

    /// realloc of one number's memory to another's.
    mutating func reallocate(
        _ old: UInt64, to new: UInt64, _ size: UInt64, _ calls: inout [ImportedCall]
    ) throws(LineFault) {
        guard let block = blocks[old] else { return try allocate(new, size, &calls) }
        let isLarge = size > Self.kmallocLimit
        var name = ImportedCall.Name(kind: kind, number: new)
        if !isLarge, !block.isLarge {
            calls.append(ImportedCall(.krealloc(block.name, size: size), as: name))
        } else {
            if old == new { name.moves = block.name.moves &+ 1 }
            calls.append(Self.allocation(size, name))
            calls.append(ImportedCall(.kvfree(block.name)))
        }
        try keep(new, Block(name: name, isLarge: isLarge))
    }

    private mutating func keep(_ number: UInt64, _ block: Block) throws(LineFault) {
        guard blocks[number] != nil || blocks.count < TraceImporter.nameLimit else {
            throw LineFault("A trace may have \(TraceImporter.nameLimit) ids or addresses.")
        }
        blocks[number] = block
    }

    private static func allocation(
        _ size: UInt64, _ name: ImportedCall.Name?
    ) -> ImportedCall {
        ImportedCall(
            size > kmallocLimit ? .vmalloc(size: size) : .kmalloc(size: size, .kernel), as: name)
    }
}

extension UnsafeRawBufferPointer {
    /// The bytes as a size, in C's notation.
    func size() throws(LineFault) -> UInt64 {
        guard let size = numberOfC, size <= UserAllocations.sizeLimit else {
            throw LineFault(
                "A size is a number of 0 to \(UserAllocations.sizeLimit), not \(shown).")
        }
        return size
    }
}
