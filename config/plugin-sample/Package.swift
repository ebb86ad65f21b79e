// swift-tools-version: 6.2
import PackageDescription

// A team's own package: it takes Granary as any other, and edits nothing of it. Yours would name a URL and a version instead of a path.
let package = Package(
  name: "rollout",
  platforms: [.macOS(.v15)],
  dependencies: [.package(name: "granary", path: "../..")],
  targets: [
    .target(name: "Rollout", dependencies: [.product(name: "PluginKit", package: "granary")]),
    .executableTarget(name: "rollout-node", dependencies: ["Rollout", .product(name: "GranaryNode", package: "granary")]),
    .testTarget(
      name: "RolloutTests",
      dependencies: [
        "Rollout", .product(name: "PluginKit", package: "granary"), .product(name: "PluginKitTesting", package: "granary"),
      ]),
  ]
)
