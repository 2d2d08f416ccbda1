//! The types and functions of the component's world, generated from its WIT.

#![expect(
    clippy::mem_forget,
    clippy::same_length_and_capacity,
    reason = "generated: memory goes to the host and comes back"
)]

wit_bindgen::generate!({
    path: ["../wasi/io.wit", "../wasi/clocks.wit", "../../wit", "wit"],
    world: "ringfence:conformance/conformance",
    additional_derives: [PartialEq],
    generate_all,
});
