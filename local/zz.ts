import { startPlatform } from "./platform.ts"
const p = await startPlatform({ port: 0, dataDir: "/tmp/lw/data", reset: true, speed: 1, log: console.log })
await new Promise(r => setTimeout(r, 1500))
console.log("closing")
setTimeout(() => { console.log(process.getActiveResourcesInfo()); process.exit() }, 5000)
await p.close()
console.log("closed")
process.exit()
