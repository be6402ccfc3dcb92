/// The lists that a classic cache sorts its slabs into.
///
/// The kernel can unlink a slab without knowing its list. Here a slab remembers which it is on, and
/// whose: after a free to the wrong cache that is another cache's.
enum SlabListKind: UInt8 {
    /// On no list.
    case none
    /// All objects are used or in arrays. `slabs_full`.
    case full
    /// Some are. `slabs_partial`.
    case partial
    /// None is. `slabs_free`.
    case free
}

extension Slab {
    /// The list that the slab is on, in a machine with array caches.
    var list: SlabListKind {
        get { SlabListKind(rawValue: listCode) ?? .none }
        set { listCode = newValue.rawValue }
    }

    /// The cache whose list that is.
    var listOwner: UInt32 {
        get { chainLength }
        set { chainLength = newValue }
    }
}

extension Core {
    private func slabList(
        _ kind: SlabListKind, of cache: UInt32
    ) -> UnsafeMutablePointer<SlabList>? {
        if kind == .none { return nil }
        return (UnsafeMutableRawPointer(classicCache(cache)) + ClassicCache.listOffset)
            .assumingMemoryBound(to: SlabList.self) + (Int(kind.rawValue) - 1)
    }

    /// Puts a slab at the head of a cache's list, or at its tail.
    ///
    /// The corresponding kernel functions are `list_add` and `list_add_tail`
    /// (include/linux/list.h, 6.1).
    func link(_ number: UInt32, to kind: SlabListKind, of cache: UInt32, atTail: Bool = false) {
        guard let list = slabList(kind, of: cache) else { return }
        let neighbour = atTail ? list.pointee.last : list.pointee.first
        let slab = slab(number)
        slab.pointee.list = kind
        slab.pointee.listOwner = cache
        slab.pointee.next = atTail ? NodeTable.none : neighbour
        slab.pointee.previous = atTail ? neighbour : NodeTable.none
        if neighbour == NodeTable.none {
            list.pointee.first = number
            list.pointee.last = number
        } else if atTail {
            self.slab(neighbour).pointee.next = number
            list.pointee.last = number
        } else {
            self.slab(neighbour).pointee.previous = number
            list.pointee.first = number
        }
        list.pointee.count += 1
    }

    /// Takes a slab off the list that it is on, if it is on one.
    ///
    /// The corresponding kernel function is `list_del` (include/linux/list.h, 6.1).
    func unlink(_ number: UInt32) {
        let slab = slab(number)
        let (next, previous) = (slab.pointee.next, slab.pointee.previous)
        guard let list = slabList(slab.pointee.list, of: slab.pointee.listOwner) else { return }
        if previous == NodeTable.none {
            list.pointee.first = next
        } else {
            self.slab(previous).pointee.next = next
        }
        if next == NodeTable.none {
            list.pointee.last = previous
        } else {
            self.slab(next).pointee.previous = previous
        }
        list.pointee.count -= 1
        slab.pointee.list = .none
    }
}
