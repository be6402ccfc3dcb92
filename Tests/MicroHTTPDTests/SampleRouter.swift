import Glibc
import MicroHTTPD

/// The routes that the tests ask: each shows one thing that a handler can see or do.
func makeSampleRouter(staticFiles: StaticFiles? = nil, adding routes: [Route] = []) -> Router {
    let routes = pageRoutes + requestRoutes + responseRoutes + routes
    return Router(routes: routes, staticFiles: staticFiles) { problem, request, response in
        response.setHeader("Content-Type", "application/problem+json")
        response.body.append("\(problem)")
    }
}

private let pageRoutes = [
    Route(.get, "/pages") { _, response in response.body.append("list") },
    Route(.post, "/pages", consumes: ["application/json"]) { request, response in
        response.status = 201
        response.setHeader("Location", "/pages/1")
        response.body.append(request.body)
    },
    Route(.get, "/pages/all") { _, response in response.body.append("all") },
    Route(.get, "/pages/{ref}") { request, response in
        response.body.append(request.parameter(0))
    },
    Route(.delete, "/pages/{ref}") { _, response in response.status = 204 },
    Route(.get, "/pages/all/{part}/end") { request, response in
        response.body.append(request.parameter(0))
    },
    Route(.get, "/{zone}/{order}/end") { request, response in
        response.body.append(request.parameter(0))
        response.body.append("|")
        response.body.append(request.parameter(1))
    },
]

private let requestRoutes = [
    Route(.post, "/echo") { request, response in response.body.append(request.body) },
    Route(.post, "/padding") { request, response in
        let start = request.body.baseAddress! + request.body.count
        let padding = UnsafeRawBufferPointer(start: start, count: 64)
        response.body.append(padding.allSatisfy { $0 == 0 } ? "zero" : "not zero")
    },
    Route(.get, "/query") { request, response in
        request.forEachQueryItem { key, value in
            response.body.append(key)
            response.body.append(value == nil ? "!" : "=")
            if let value { response.body.append(value) }
            response.body.append(";")
        }
        if let order = request.query("order") { response.body.append(order) }
    },
    Route(.get, "/path/{rest}") { request, response in response.body.append(request.path) },
    Route(.get, "/cookie") { request, response in
        if let cookie = request.cookie("session") { response.body.append(cookie) }
    },
    Route(.get, "/header") { request, response in
        response.body.append(
            request.header("x-sample") ?? UnsafeRawBufferPointer(start: nil, count: 0))
    },
    Route(.get, "/address") { request, response in
        response.body.append("\(request.clientAddress)")
    },
    Route(.get, "/slow") { _, response in
        usleep(300_000)
        response.body.append("slow")
    },
]

private let responseRoutes = [
    Route(.get, "/formats", produces: ["application/json", "text/plain", "text/html"]) {
        request, response in
        response.body.append("\(request.preferredType)")
    },
    Route(.get, "/anything", produces: []) { _, response in response.body.append("any") },
    Route(.get, "/set-header") { request, response in
        let isSet = response.setHeader("X-Value", bytes: request.query("value")!)
        response.body.append(isSet ? "set" : "refused")
    },
    Route(.get, "/cookies") { _, response in
        let cookies: [StaticString] = ["a=1", "b=2"]
        for cookie in cookies {
            response.addHeader(
                "Set-Cookie",
                bytes: UnsafeRawBufferPointer(
                    start: cookie.utf8Start, count: cookie.utf8CodeUnitCount))
        }
    },
    Route(.get, "/page", produces: ["text/html"]) { _, response in
        response.protection = .page
        response.body.append("<p>page</p>")
    },
    Route(.get, "/bare") { _, response in
        response.protection = .none
        response.removeHeader("content-type")
    },
    Route(.get, "/large") { _, response in
        memset(response.body.reserve(1_000_000), 0x78, 1_000_000)
        response.body.advance(by: 1_000_000)
    },
]
