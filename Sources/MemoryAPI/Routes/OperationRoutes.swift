import KernelMemory
import MicroHTTPD

/// Whether the service runs, and the description of its interface.
extension MemoryService {
    var operationEndpoints: [Endpoint] {
        [
            open(.get, "/healthz", status), open(.get, "/readyz", readiness),
            open(.get, "/version", version),
            open(.get, "/openapi.yaml", produces: ["application/yaml"], document(\.yaml)),
            open(.get, "/openapi.json", document(\.json)),
        ]
    }

    /// The service is not ready while no session can begin since the journal cannot be written.
    private var readiness: OpenHandler {
        { [store, status] (request, response) throws(Problem) in
            try store.journals?.checkRoom()
            try status(request, &response)
        }
    }

    private var status: OpenHandler {
        { (_, response) throws(Problem) in
            response.setHeader("Cache-Control", "no-store")
            response.json { json in json.object { $0.member("status", literal: "ok") } }
        }
    }

    private var version: OpenHandler {
        { (_, response) throws(Problem) in
            response.setHeader("Cache-Control", "no-cache")
            response.linkDescription()
            response.json { json in
                json.object { json in
                    json.member("name", "kmemlab")
                    json.member("version", ServiceVersion.text)
                    json.member("api_version", ServiceVersion.text)
                    json.member("kernel_release", ModelledKernel.release)
                }
            }
        }
    }

    private func document(
        _ form: KeyPath<InterfaceDescription, UnsafeRawBufferPointer> & Sendable
    ) -> OpenHandler {
        { [description] (_, response) throws(Problem) in
            guard let description else {
                throw Problem(.notFound, "This server was started without its OpenAPI file.")
            }
            response.setHeader("Cache-Control", "no-cache")
            response.body = OutputBuffer(lending: description[keyPath: form])
        }
    }
}
