import KernelMemory
import MicroHTTPD
import SessionJournal

extension StoredSession {
    /// The record of a new session.
    init(
        _ names: SessionNames, _ configuration: MachineConfiguration, _ sent: SentRecording,
        _ creation: SessionCreation, key: SessionKey
    ) {
        self.init(
            key: key, secret: names.secret.bytes, viewSecret: names.viewSecret.bytes,
            configuration: configuration, recording: sent.bytes,
            creation: creation.bytes)
    }

    /// The recording that was sent for it; `nil` if the record says nothing that this version knows.
    var sent: SentRecording? {
        SessionCreation(creation).map { SentRecording(form: $0.form, bytes: recording) }
    }
}
