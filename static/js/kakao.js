// KakaoTalk's own share sheet, where the paper has a key. Its script is asked for by the click.
const SCRIPT = {
  src: "https://t1.kakaocdn.net/kakao_js_sdk/2.7.4/kakao.min.js",
  integrity: "sha384-DKYJZ8NLiK8MN4/C5P2dtSmLQ4KwPaoqAfyA/DfmEc1VDxu4yyC7wy6K1Hs90nka",
  crossOrigin: "anonymous",
};
let loading = null;

function load() {
  return new Promise((resolve, reject) => {
    const script = document.createElement("script");
    Object.assign(script, SCRIPT, { onload: () => resolve(window.Kakao), onerror: reject });
    document.head.append(script);
  });
}

export async function share(key, url) {
  try {
    const Kakao = await (loading ??= load());
    if (!Kakao.isInitialized()) Kakao.init(key);
    Kakao.Share.sendScrap({ requestUrl: url });
  } catch {
    loading = null; // the next click tries again
  }
}
