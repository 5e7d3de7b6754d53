// Other tabs of this browser that have the same text open: who comes second is told before typing.
export class OtherTabs extends EventTarget {
  // Tells of "met" when there is another, and of "saved" when it saved a version that is not the one here.
  constructor(name) {
    super();
    this.channel = new BroadcastChannel("paidspan-editor");
    this.channel.onmessage = ({ data }) => {
      if (data.name !== name) return;
      if (data.says === "opened") this.channel.postMessage({ name, says: "here" });
      if (data.says === "here") this.dispatchEvent(new Event("met"));
      if (data.says === "saved") this.dispatchEvent(Object.assign(new Event("saved"), { version: data.version }));
    };
    this.name = name;
    this.channel.postMessage({ name, says: "opened" });
  }

  saved(version) {
    this.channel.postMessage({ name: this.name, says: "saved", version: String(version) });
  }
}
