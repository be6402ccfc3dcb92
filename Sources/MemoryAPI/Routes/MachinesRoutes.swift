import KernelMemory
import MicroHTTPD

/// What a session can start from.
extension MemoryService {
    var machineEndpoints: [Endpoint] { [open(.get, "/machines", listMachines)] }

    private var listMachines: OpenHandler {
        { [library] (_, response) throws(Problem) in
            let recordings = library.recordings
            response.setHeader("Cache-Control", "no-cache")
            response.json(expecting: 4_096) { json in
                json.object { json in
                    json.array("machines") { json in
                        for kind in MachineConfiguration.Kind.allCases {
                            json.object { $0.machineKind(kind) }
                        }
                    }
                    json.array("recordings") { json in
                        for recording in recordings { json.object { $0.shipped(recording) } }
                    }
                    json.object("upload") { json in json.uploadLimits() }
                }
            }
        }
    }
}

extension JSONWriter {
    fileprivate mutating func machineKind(_ kind: MachineConfiguration.Kind) {
        let memory = kind.memoryRangeInMiB
        member("machine", kind.rawValue)
        member("architecture", kind.architecture.rawValue)
        range(
            "memory_bytes", UInt64(memory.lowerBound) << 20, UInt64(memory.upperBound) << 20,
            usual: UInt64(kind.usualMemoryInMiB) << 20)
        let cpus = MachineConfiguration.cpuRange
        range("cpus", UInt64(cpus.lowerBound), UInt64(cpus.upperBound), usual: 1)
        member("shows", kind.sentence)
    }

    private mutating func range(
        _ name: StaticString, _ least: UInt64, _ most: UInt64, usual: UInt64
    ) {
        object(name) { json in
            json.member("minimum", least)
            json.member("maximum", most)
            json.member("default", usual)
        }
    }

    fileprivate mutating func shipped(_ recording: ShippedRecording) {
        let configuration = recording.image.configuration
        member("recording", recording.note.name)
        member("architecture", configuration.kind.architecture.rawValue)
        member("memory_bytes", UInt64(configuration.memoryInMiB) << 20)
        member("cpus", configuration.cpuCount)
        member("debug", configuration.debug)
        member("slab", configuration.slab.rawValue)
        member("kernel_release", recording.release)
        member("frames", recording.frames.spanned)
        member("free_pages", UInt64(recording.frames.free))
        member("shows", recording.note.shows)
        member("source", recording.note.source)
        member("sha256", recording.digest.text)
    }

    fileprivate mutating func uploadLimits() {
        member("body_limit_bytes", ServerConfiguration().bodyLimitInBytes)
        member("memory_limit_bytes", UInt64(MachineConfiguration.uploadLimitInMiB) << 20)
        array("media_types") { json in
            json.text("application/json")
            json.text(JSONLines.mediaType)
        }
    }
}

extension MachineConfiguration {
    /// The most memory that an uploaded machine can have, in MiB.
    static let uploadLimitInMiB = Kind.x86_64.memoryRangeInMiB.upperBound
}

extension MachineConfiguration.Kind {
    fileprivate var sentence: String {
        switch self {
        case .i386:
            "A 32-bit PC with the zones DMA, Normal and HighMem, sized as the kernel sizes them."
        case .classroom:
            "The same rules with 1,024 frames: a machine that can be seen whole on one screen."
        case .x86_64: "A 64-bit PC with the zones DMA, DMA32 and, above 4 GiB, Normal."
        }
    }
}
