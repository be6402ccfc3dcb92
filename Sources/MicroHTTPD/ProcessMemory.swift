import CMicroHTTPD

/// What the process has from its memory allocator.
public enum ProcessMemory {
    /// Bytes that are allocated, in small blocks and in mapped ones.
    ///
    /// - Complexity: O(free blocks): some microseconds.
    ///
    /// The corresponding C function is `mallinfo2`.
    public static var allocatedBytes: UInt64 {
        let info = mallinfo2()
        return UInt64(info.uordblks + info.hblkhd)
    }

    /// Gives free blocks back to the system, where whole pages of them lie together.
    ///
    /// The corresponding C function is `malloc_trim`.
    public static func trim() { malloc_trim(0) }
}
