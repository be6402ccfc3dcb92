import KernelMemory
import KernelTraces
import MicroHTTPD

/// What a session starts from.
enum SessionStart {
    /// A machine that boots as the kernel does.
    case configuration(MachineConfiguration)
    /// A recorded machine that the service ships.
    case shipped(ShippedRecording)
    /// A recorded machine that the client sent.
    case uploaded(UploadedDump)

    /// The kind of machine that starts from a recording.
    static let recorded = "recorded"

    /// Boots the machine.
    ///
    /// - Parameter image: the image that was found or made for it.
    /// - Throws: a problem if a recording contradicts itself.
    func boot(_ image: SharedImage) throws(Problem) -> BootImage {
        do throws(RecordingError) { return try image.booted() } catch {
            guard case .uploaded(let dump) = self else {
                preconditionFailure("a shipped recording was booted when it was read")
            }
            throw dump.problem(error)
        }
    }
}
