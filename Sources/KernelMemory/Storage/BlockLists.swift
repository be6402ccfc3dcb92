/// A block by its first frame's number, and that frame.
struct Block {
    var pfn: UInt32
    var frame: UnsafeMutablePointer<Frame>
}

/// Lists of blocks, linked through their first frames.
///
/// The corresponding kernel functions are those of `struct list_head` (include/linux/list.h, 6.1).
extension Core {
    /// Puts a block at a list's head. `list_add`.
    @inline(__always)
    func push(
        _ pfn: UInt32, _ frame: UnsafeMutablePointer<Frame>,
        onto list: UnsafeMutablePointer<BlockList>
    ) {
        if list.pointee.count == 0 {
            list.pointee.last = pfn
        } else {
            frame.pointee.next = list.pointee.first
            frames.writable(list.pointee.first).pointee.previous = pfn
        }
        list.pointee.first = pfn
        list.pointee.count &+= 1
    }

    /// Puts a block at a list's tail. `list_add_tail`.
    @inline(__always)
    func append(
        _ pfn: UInt32, _ frame: UnsafeMutablePointer<Frame>,
        to list: UnsafeMutablePointer<BlockList>
    ) {
        if list.pointee.count == 0 {
            list.pointee.first = pfn
        } else {
            frame.pointee.previous = list.pointee.last
            frames.writable(list.pointee.last).pointee.next = pfn
        }
        list.pointee.last = pfn
        list.pointee.count &+= 1
    }

    /// Takes the block at the head of a list that is not empty; touches no other frame.
    @inline(__always)
    func popFirst(
        _ list: UnsafeMutablePointer<BlockList>
    ) -> Block {
        let pfn = list.pointee.first
        let frame = frames.writable(pfn)
        list.pointee.first = frame.pointee.next
        list.pointee.count &-= 1
        return Block(pfn: pfn, frame: frame)
    }

    /// Takes the block at the tail of a list that is not empty; touches no other frame.
    @inline(__always)
    func popLast(
        _ list: UnsafeMutablePointer<BlockList>
    ) -> Block {
        let pfn = list.pointee.last
        let frame = frames.writable(pfn)
        list.pointee.last = frame.pointee.previous
        list.pointee.count &-= 1
        return Block(pfn: pfn, frame: frame)
    }

    /// Takes a block out of the list that it is on, wherever it stands. `list_del`.
    ///
    /// On a corrupted machine it may be gone already; then nothing happens.
    @inline(__always)
    func remove(
        _ pfn: UInt32, _ frame: UnsafeMutablePointer<Frame>,
        from list: UnsafeMutablePointer<BlockList>
    ) {
        if list.pointee.first == pfn, list.pointee.count != 0 {
            list.pointee.first = frame.pointee.next
            list.pointee.count &-= 1
            keepInside(list)
        } else {
            removeInner(pfn, frame, from: list)
        }
    }

    @inline(never)
    func removeInner(
        _ pfn: UInt32, _ frame: UnsafeMutablePointer<Frame>,
        from list: UnsafeMutablePointer<BlockList>
    ) {
        if list.pointee.count == 0 { return }
        list.pointee.count &-= 1
        if max(frame.pointee.previous, frame.pointee.next) >= frames.limit,
            list.pointee.last != pfn
        {
            return
        }
        frames.writable(frame.pointee.previous).pointee.next = frame.pointee.next
        if list.pointee.last == pfn {
            list.pointee.last = frame.pointee.previous
        } else {
            frames.writable(frame.pointee.next).pointee.previous = frame.pointee.previous
        }
    }

    /// Has a list that goes on with what is no frame go on with frame 0, which heads no block.
    ///
    /// A block that was taken behind the list's back may have a number where its link was.
    @inline(__always)
    func keepInside(_ list: UnsafeMutablePointer<BlockList>) {
        if _slowPath(list.pointee.first >= frames.limit) { list.pointee.first = 0 }
    }

    /// Visits a list's blocks from head to tail, at most as many as it counts; what is no frame ends it.
    func forEach(
        in list: UnsafeMutablePointer<BlockList>, limit: Int = .max, _ body: (UInt32) -> Void
    ) {
        var pfn = list.pointee.first
        for _ in 0..<min(Int(list.pointee.count), limit) {
            if pfn >= frames.limit { return }
            body(pfn)
            pfn = frames.readable(pfn).pointee.next
        }
    }
}
