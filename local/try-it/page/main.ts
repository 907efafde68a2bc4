import { openClockBar } from "./clock-bar.ts"
import { byId } from "./element.ts"
import { openInside } from "./inside.ts"
import { language, speakPage, switchLanguage } from "./language.ts"
import { openPhone } from "./phone.ts"
import { openRecentOrders } from "./recent-orders.ts"
import { orders } from "./session-orders.ts"
import { openTill } from "./till.ts"
import { follow } from "./till-calls.ts"

language.listen(speakPage)
speakPage()
byId("language", HTMLButtonElement).addEventListener("click", switchLanguage)
openClockBar()
openTill(openPhone())
openRecentOrders()
openInside()
// Orders that a reload of the page left open.
for (const order of orders.get()) void follow(order)
