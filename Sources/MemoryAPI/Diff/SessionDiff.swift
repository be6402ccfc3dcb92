import KernelMemory
import MicroHTTPD

/// A session at two of its steps, in the order in which they are compared; valid while the session's
/// lock is held.
struct SessionDiff {
    /// The state that is compared with.
    let before: SessionView
    /// The state that is described.
    let after: SessionView

    /// - Throws: a problem for a step that the session does not have.
    init(_ steps: DiffRoutes.Steps, _ state: borrowing SessionState) throws(Problem) {
        let to = steps.to ?? state.step
        after = try state.view(at: to)
        before = try state.view(at: steps.from ?? max(to - 1, 0))
    }

    /// Names the pair of states.
    var hash: UInt64 { StateHash.mix(before.hash, after.hash) }

    /// The one with more calls.
    var later: SessionView { before.step > after.step ? before : after }

    /// The steps of the calls that only one of them has.
    var callSteps: Range<Int> {
        (min(before.step, after.step) + 1)..<(max(before.step, after.step) + 1)
    }

    /// The patch that turns the snapshot of one into that of the other.
    ///
    /// - Complexity: O(n log n) for snapshots of n values.
    func patch(_ library: RecordingLibrary) -> OutputBuffer {
        JSONPatch(from: before.snapshotTree(library), to: after.snapshotTree(library)).finish()
    }
}

extension SessionView {
    /// The answer to `GET /snapshot`, read again.
    fileprivate func snapshotTree(_ library: RecordingLibrary) -> JSONTree {
        JSONTree(expecting: SnapshotRoutes.usualSize) { json in
            json.object { json in
                json.member("step", step)
                json.wholeSnapshot(self, library)
            }
        }
    }
}
