// RUN: lathe-opt %s --split-input-file --verify-diagnostics --lathe-check-entry

// expected-error@+1 {{last argument has no `lathe.align`: an entry's last argument is its arena}}
func.func @net_run(%x: memref<4xf32>) attributes {lathe.entry} {
  return
}

// -----

// expected-error@+1 {{entry takes a value that is not a memref}}
func.func @net_run(%x: f32, %arena: memref<4xi8> {lathe.align = 1 : i64})
    attributes {lathe.entry} {
  return
}
