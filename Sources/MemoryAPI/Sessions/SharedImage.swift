import KernelMemory
import Synchronization

/// A boot image and what it is booted from; lives as long as a session uses it.
final class SharedImage: Sendable {
    private enum State {
        case configured(MachineConfiguration)
        case recorded(MachineRecording)
        case booted(BootImage)
        case refused(RecordingError)
    }

    let configuration: MachineConfiguration
    /// An upper bound of the bytes that the image of a recording takes; 0 for others.
    let recordedBytes: UInt64
    private let state: Mutex<State>

    /// The image of a machine that boots.
    init(_ configuration: MachineConfiguration) {
        self.configuration = configuration
        recordedBytes = 0
        state = Mutex(.configured(configuration))
    }

    /// The image of a recorded machine.
    init(_ recording: MachineRecording) {
        configuration = MachineConfiguration(recording)
        recordedBytes = recording.imageBytes
        state = Mutex(.recorded(recording))
    }

    /// The image, booted when it is first asked for; whoever wants the same one waits.
    ///
    /// - Throws: what is wrong with the recording.
    /// - Complexity: O(frames) the first time.
    func booted() throws(RecordingError) -> BootImage {
        try state.withLock { (state) throws(RecordingError) in
            do throws(RecordingError) {
                switch state {
                case .booted(let image): return image
                case .configured(let configuration): state = .booted(BootImage(configuration))
                case .recorded(let recording):
                    state = .booted(try BootImage(recording: recording))
                case .refused(let error): throw error
                }
            } catch {
                state = .refused(error)
                throw error
            }
            guard case .booted(let image) = state else { preconditionFailure("it has just booted") }
            return image
        }
    }
}

extension MachineRecording {
    /// An upper bound of what the machine's image takes: its frames, and as much again while it is
    /// checked.
    fileprivate var imageBytes: UInt64 {
        zones.reduce(0) { $0 + UInt64($1.spanned) * 18 + UInt64($1.pageBlockTypes.count) }
    }
}
