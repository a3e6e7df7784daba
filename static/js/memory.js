// What this device remembers; nothing where storage is off.
export function recall(key, area = "localStorage") {
  try {
    return JSON.parse(window[area].getItem(key));
  } catch {
    return null;
  }
}

export function remember(key, value, area = "localStorage") {
  try {
    if (value) window[area].setItem(key, JSON.stringify(value));
    else window[area].removeItem(key);
  } catch {
    // Storage is off or full: the page works as it is.
  }
}
