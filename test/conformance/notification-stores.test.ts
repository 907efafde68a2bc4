import { after, before } from "node:test"
import { endpointPaceStore } from "../../persistence/endpoint-pace-store.ts"
import { notificationStore } from "../../persistence/notification-store.ts"
import { undeliveredNews } from "../../persistence/undelivered-news.ts"
import {
  memoryEndpointPace,
  memoryNotifications,
  memoryUndeliveredNews,
} from "../simulation/memory-notifications.ts"
import { MAIN_TABLE, type RunningTables, startTables } from "./dynamodb-tables.ts"
import {
  endpointPacePromises,
  notificationPromises,
  undeliveredNewsPromises,
} from "./notification-promises.ts"

let running: RunningTables
before(async () => {
  running = await startTables()
})
after(() => running?.close())

const inMemory = memoryNotifications(new Map())
const pace = memoryEndpointPace()
const news = memoryUndeliveredNews()

notificationPromises("in memory", () => inMemory)
endpointPacePromises("in memory", () => pace)
notificationPromises("on DynamoDB", () => notificationStore(running.client, MAIN_TABLE))
endpointPacePromises("on DynamoDB", () => endpointPaceStore(running.client, MAIN_TABLE))
undeliveredNewsPromises("in memory", () => news)
undeliveredNewsPromises("on DynamoDB", () => undeliveredNews(running.client, MAIN_TABLE))
