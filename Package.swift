// swift-tools-version: 6.2
import PackageDescription

let nio = "swift-nio"
let nioCore = Target.Dependency.product(name: "NIOCore", package: nio)
let nioPosix = Target.Dependency.product(name: "NIOPosix", package: nio)
let nioHTTP1 = Target.Dependency.product(name: "NIOHTTP1", package: nio)
let nioEmbedded = Target.Dependency.product(name: "NIOEmbedded", package: nio)
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let lifecycle = Target.Dependency.product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let deque = Target.Dependency.product(name: "DequeModule", package: "swift-collections")
let heap = Target.Dependency.product(name: "HeapModule", package: "swift-collections")
let grdb = Target.Dependency.product(name: "GRDB", package: "GRDB.swift")
let hummingbird = Target.Dependency.product(name: "Hummingbird", package: "hummingbird")
let hummingbirdCore = Target.Dependency.product(name: "HummingbirdCore", package: "hummingbird")
let unixSignals = Target.Dependency.product(name: "UnixSignals", package: "swift-service-lifecycle")
let arguments = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")

// Built into the program: there is nothing to install beside it.
let statusPage: [Resource] = [
  "index.html", "page.css", "icon.svg", "page.js", "artifacts.js", "chart.js", "dom.js", "format.js", "pieces.js", "poll.js", "sections.js",
  "table.js",
].map { .embedInCode("Page/Resources/\($0)") }

let package = Package(
  name: "granary",
  platforms: [.macOS(.v15)],
  products: [
    .executable(name: "granary", targets: ["granary"]),
    .library(name: "PluginKit", targets: ["PluginKit"]),
    .library(name: "PluginKitTesting", targets: ["PluginKitTesting"]),
    .library(name: "GranaryNode", targets: ["GranaryNode"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-nio", from: "2.101.0"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.0"),
    .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
    .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
    .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.0"),
  ],
  targets: [
    // Level 0: the system's C libraries.
    .systemLibrary(name: "COpenSSL", pkgConfig: "openssl", providers: [.apt(["libssl-dev"])]),
    .systemLibrary(name: "CLibYAML", pkgConfig: "yaml-0.1", providers: [.apt(["libyaml-dev"])]),
    .target(name: "CLinux"),
    // Level 1 and 2: digests, certificates and TLS sessions; links of channels; torrents as values.
    .target(name: "OpenSSL", dependencies: ["COpenSSL"]),
    .target(name: "TLS", dependencies: ["OpenSSL", nioCore, deque]),
    .target(name: "Metainfo", dependencies: ["OpenSSL"]),
    // Level 3: the wire, the disk, the inventory, HTTP.
    .target(name: "PeerProtocol", dependencies: ["Metainfo", nioCore]),
    .target(name: "Storage", dependencies: ["CLinux", "OpenSSL", "Metainfo", nioCore, nioPosix]),
    .target(name: "Inventory", dependencies: ["OpenSSL", "Metainfo", grdb]),
    .target(name: "HTTPClient", dependencies: ["OpenSSL", "TLS", nioCore, nioPosix, nioHTTP1]),
    // Level 4: the plugin interface.
    .target(name: "PluginKit", dependencies: ["PeerProtocol", "Metainfo", nioCore, logging]),
    // Level 5: what tests of plugins use; plugins, the engine, announces, settings.
    .target(name: "PluginKitTesting", dependencies: ["PluginKit", "PeerProtocol", "Metainfo", nioCore, nioPosix, logging]),
    .target(name: "Plugins", dependencies: ["OpenSSL", "PluginKit", "PeerProtocol", "Metainfo", nioCore, logging]),
    .target(
      name: "Engine",
      dependencies: [
        "CLinux", "OpenSSL", "TLS", "HTTPClient", "PluginKit", "PeerProtocol", "Storage", "Metainfo", nioCore, nioPosix, logging, deque,
        heap,
      ]),
    .target(
      name: "Tracker", dependencies: ["Metainfo", "PluginKit", "HTTPClient", nioCore, nioPosix, logging]),
    .target(name: "Catalogue", dependencies: ["OpenSSL", "Metainfo", "PluginKit", "HTTPClient", nioCore]),
    .target(name: "Settings", dependencies: ["CLibYAML", "PluginKit", "Metainfo"]),
    // Level 6 and 7: the control socket; the commands.
    .target(
      name: "Control",
      dependencies: [
        "CLinux", "Engine", "Inventory", "Tracker", "HTTPClient", "PluginKit", "Metainfo", "OpenSSL", "TLS", hummingbird, hummingbirdCore,
        nioCore,
        nioPosix,
        nioHTTP1,
        logging,
        lifecycle,
      ], resources: statusPage),
    .target(
      name: "GranaryNode",
      dependencies: [
        "Catalogue", "CLinux", "Control", "Engine", "HTTPClient", "Inventory", "Metainfo", "OpenSSL", "PeerProtocol", "PluginKit",
        "Plugins",
        "Settings", "Storage", "TLS", "Tracker",
        arguments, heap, nioCore, nioPosix, logging, lifecycle, unixSignals,
      ]),
    .executableTarget(name: "granary", dependencies: ["GranaryNode", "Plugins"]),
    .executableTarget(
      name: "granary-bench",
      dependencies: [
        "Inventory", "Metainfo", "OpenSSL", "PeerProtocol", "PluginKit", "Plugins", "Settings", "Storage", arguments, nioCore, nioPosix,
        logging,
      ], resources: [.copy("Programs")]),
    // The sample of a package of somebody else's, with the same sources and dependencies as its own manifest has, and as there without access
    // to what is ours alone.
    .target(name: "Rollout", dependencies: ["PluginKit"], path: "config/plugin-sample/Sources/Rollout", packageAccess: false),
    .executableTarget(
      name: "rollout-node", dependencies: ["Rollout", "GranaryNode"], path: "config/plugin-sample/Sources/rollout-node",
      packageAccess: false),
    .testTarget(
      name: "RolloutTests", dependencies: ["Rollout", "PluginKit", "PluginKitTesting"], path: "config/plugin-sample/Tests/RolloutTests",
      packageAccess: false),
    // Tests mirror the sources.
    .target(
      name: "TestSupport",
      dependencies: ["Metainfo", "OpenSSL", "PeerProtocol", "PluginKit", "PluginKitTesting", nioCore, nioPosix, logging],
      path: "Tests/TestSupport"),
    .testTarget(name: "OpenSSLTests", dependencies: ["OpenSSL", "TestSupport"]),
    .testTarget(name: "TLSTests", dependencies: ["TLS", "OpenSSL", "TestSupport", nioCore, nioPosix, nioEmbedded]),
    .testTarget(name: "MetainfoTests", dependencies: ["Metainfo", "OpenSSL", "TestSupport"], resources: [.copy("Fixtures")]),
    .testTarget(name: "PeerProtocolTests", dependencies: ["PeerProtocol", "Metainfo", "TestSupport", nioCore]),
    .testTarget(name: "StorageTests", dependencies: ["Storage", "Metainfo", "TestSupport", nioCore, nioPosix]),
    .testTarget(name: "InventoryTests", dependencies: ["Inventory", "OpenSSL", "Metainfo", "TestSupport", grdb]),
    .testTarget(name: "HTTPClientTests", dependencies: ["HTTPClient", "TestSupport", nioCore, nioPosix, nioHTTP1]),
    .testTarget(
      name: "PluginKitTests", dependencies: ["PluginKit", "PeerProtocol", "Metainfo", "TestSupport", nioCore, nioEmbedded, logging]),
    .testTarget(
      name: "PluginKitTestingTests",
      dependencies: ["PluginKitTesting", "PluginKit", "Plugins", "PeerProtocol", "Metainfo", "TestSupport", nioCore, logging]),
    .testTarget(
      name: "PluginsTests",
      dependencies: [
        "Plugins", "OpenSSL", "PluginKit", "PluginKitTesting", "PeerProtocol", "Metainfo", "TestSupport", nioCore, nioEmbedded, logging,
      ]),
    .testTarget(
      name: "EngineTests",
      dependencies: [
        "Engine", "Plugins", "PluginKit", "PeerProtocol", "Storage", "Metainfo", "TestSupport", nioCore, nioPosix, logging,
      ]),
    .testTarget(
      name: "TrackerTests",
      dependencies: ["Tracker", "HTTPClient", "PluginKit", "Metainfo", "TestSupport", nioCore, nioPosix, nioHTTP1, logging]),
    .testTarget(
      name: "CatalogueTests",
      dependencies: ["Catalogue", "HTTPClient", "Metainfo", "OpenSSL", "PluginKit", "TestSupport", nioCore, nioPosix]),
    .testTarget(name: "SettingsTests", dependencies: ["Settings", "PluginKit", "Plugins", "TestSupport"]),
    .testTarget(
      name: "ControlTests",
      dependencies: [
        "Catalogue", "Control", "Engine", "HTTPClient", "Inventory", "Metainfo", "PluginKit", "TestSupport", "Tracker", nioCore,
        nioEmbedded,
        nioHTTP1, nioPosix, logging,
      ]),
    // A node with a plugin that misbehaves.
    .executableTarget(
      name: "granary-chaos", dependencies: ["GranaryNode", "Metainfo", "PeerProtocol", "PluginKit", nioCore], path: "Tests/ChaosNode"),
    .testTarget(
      name: "GranaryNodeTests",
      dependencies: [
        "granary-chaos", "Catalogue", "Control", "Engine", "GranaryNode", "HTTPClient", "Inventory", "Metainfo", "OpenSSL", "PeerProtocol",
        "PluginKit",
        "Plugins",
        "Settings", "Storage", "TLS", "TestSupport", "Tracker", nioCore, nioEmbedded, nioPosix, logging,
      ]),
    .testTarget(
      name: "InteropTests",
      dependencies: ["granary", "rollout-node", "Inventory", "Metainfo", "PeerProtocol", "Storage", "TestSupport", nioCore, nioPosix],
      resources: [.copy("Clients")]),
  ]
)

// The fuzzers feed what is decoded to the targets of Tests/FuzzTests. An ordinary build has them as a test that replays the inputs that
// once did harm; with GRANARY_FUZZ set there is a program of them instead, with libFuzzer and the address sanitizer, for deploy/fuzz.
let fuzzed = [
  "OpenSSL", "Metainfo", "PeerProtocol", "Storage", "HTTPClient", "PluginKit", "Plugins", "Engine", "Tracker", "Catalogue", "Settings",
]
let fuzzers: [Target.Dependency] = fuzzed.map { .byName(name: $0) } + ["TestSupport", nioCore, nioPosix, nioHTTP1, nioEmbedded, logging]
let isFuzzing = Context.environment["GRANARY_FUZZ"] == "1"
if isFuzzing {
  package.targets.removeAll { $0.type == .test }
  package.targets += [
    .systemLibrary(name: "CLibFuzzer", path: "Tests/CLibFuzzer"),
    .executableTarget(
      name: "granary-fuzz", dependencies: fuzzers + ["CLibFuzzer"], path: "Tests/FuzzTests", exclude: ["Found", "Replay"],
      linkerSettings: [.unsafeFlags(["-sanitize=fuzzer,address", "-use-ld=lld"])]),
  ]
} else {
  package.targets.append(
    .testTarget(name: "FuzzTests", dependencies: fuzzers, exclude: ["Driver"], resources: [.copy("Found")]))
}

for target in package.targets where target.type != .system && target.name != "CLinux" {
  target.swiftSettings = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .treatAllWarnings(as: .error),
  ]
}

// Only our own modules are watched: those we depend on check their bounds, and building them twice over takes minutes. Testability and
// assertions are kept, since the build is an optimised one.
for target in package.targets where isFuzzing && (fuzzed + ["TestSupport", "granary-fuzz"]).contains(target.name) {
  let flags = ["-sanitize=fuzzer,address", "-enable-testing", "-assert-config", "Debug"]
  target.swiftSettings = (target.swiftSettings ?? []) + [.unsafeFlags(flags)]
}
