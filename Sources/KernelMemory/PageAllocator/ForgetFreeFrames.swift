/// Giving up memory of ours that only says when free frames were last freed.
extension Core {
    /// Forgets the history of frames in the middle of the largest free blocks, so that a machine which
    /// gave much memory back costs no more than before. The blocks themselves stay as they are.
    ///
    /// - Complexity: O(the largest free blocks and the frames in those of them that were ever touched).
    func forgetFreeFrames() {
        if isCorrupted { return }
        for zone in 0..<MachineShape.zoneCount {
            for type in 0..<MachineShape.migrateTypeCount {
                forEach(in: freeList(zone, Order.largest, type)) { head in
                    let inner = head + FrameDirectory.framesPerChunk
                    for first in stride(
                        from: inner, to: head + Order.largestPageCount,
                        by: Int(FrameDirectory.framesPerChunk))
                    where isForgettable(chunkAt: first) {
                        frames.clear(chunkAt: first)
                    }
                }
            }
        }
    }

    /// Whether no frame of a chunk is anything but free.
    private func isForgettable(chunkAt first: UInt32) -> Bool {
        if frames.isClear(chunkAt: first) { return false }
        return (first..<(first + FrameDirectory.framesPerChunk)).allSatisfy {
            frames.readable($0).pointee.word == 0
        }
    }
}
