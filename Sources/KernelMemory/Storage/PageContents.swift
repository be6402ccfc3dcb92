/// The 4,096 bytes of a page, in sixteen pieces; a piece of one byte again and again costs none.
///
/// Poison, red zones and cleared memory are such pieces, so that a debugging kernel's slabs and a large
/// `memset` cost little.
struct PageContents: Hashable {
    private var pieces: [Piece]

    private enum Piece: Hashable {
        case fill(UInt8)
        case bytes([UInt8])
    }

    private static let pieceSize = 256

    /// A page full of one byte.
    init(filledWith byte: UInt8 = 0) {
        pieces = Array(repeating: .fill(byte), count: Page.sizeInBytes / Self.pieceSize)
    }

    /// Whether every byte is zero.
    var isZero: Bool { pieces.allSatisfy { $0 == .fill(0) } }

    /// Adds the bytes of a range of offsets to an array.
    func append(_ range: Range<Int>, to result: inout [UInt8]) {
        Self.forEachPiece(range) { index, part in
            switch pieces[index] {
            case .fill(let byte): result.append(contentsOf: repeatElement(byte, count: part.count))
            case .bytes(let bytes): result.append(contentsOf: bytes[part])
            }
        }
    }

    /// Writes the same byte to a range of offsets.
    mutating func fill(_ range: Range<Int>, with byte: UInt8) {
        Self.forEachPiece(range) { index, part in
            if part.count == Self.pieceSize || pieces[index] == .fill(byte) {
                pieces[index] = .fill(byte)
            } else {
                change(index) { bytes in for place in part { bytes[place] = byte } }
            }
        }
    }

    /// Writes bytes from an offset on.
    mutating func write(_ bytes: some Collection<UInt8>, at offset: Int) {
        var next = bytes.startIndex
        Self.forEachPiece(offset..<(offset + bytes.count)) { index, part in
            change(index) { piece in
                for place in part {
                    piece[place] = bytes[next]
                    bytes.formIndex(after: &next)
                }
            }
        }
    }

    /// Changes a piece's bytes in place.
    private mutating func change(_ index: Int, _ body: (inout [UInt8]) -> Void) {
        var bytes: [UInt8]
        switch pieces[index] {
        case .fill(let byte): bytes = Array(repeating: byte, count: Self.pieceSize)
        case .bytes(let old): bytes = old
        }
        // The array must have one owner while it changes, or it would be copied.
        pieces[index] = .fill(0)
        body(&bytes)
        pieces[index] = .bytes(bytes)
    }

    private static func forEachPiece(_ range: Range<Int>, _ body: (Int, Range<Int>) -> Void) {
        var offset = range.lowerBound
        while offset < range.upperBound {
            let index = offset / pieceSize
            let end = min(range.upperBound, (index + 1) * pieceSize)
            body(index, (offset - index * pieceSize)..<(end - index * pieceSize))
            offset = end
        }
    }
}
