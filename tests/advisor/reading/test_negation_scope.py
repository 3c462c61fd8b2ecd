"""What the writer rules out is never said as wanted: scope of denial in both languages, and its look-alikes."""

from __future__ import annotations

import pytest

from advisor import reading
from advisor.knowledge.loading import load_knowledge

KNOWLEDGE = load_knowledge()


def _wanted(text: str, question: str) -> set[str]:
    return set(reading.read(text, KNOWLEDGE).needs.options(question))


def _ruled_out(text: str, question: str) -> set[str]:
    return set(reading.read(text, KNOWLEDGE).needs.excluded.get(question, ()))


@pytest.mark.parametrize(
    ("text", "question", "option"),
    [
        # the denial is the predicate of what is named
        ("Linux is not in use at our office", "os", "linux"),
        ("Windows machines play no role in our team", "os", "windows"),
        ("Android doesn't come into it at all", "deploy", "mobile"),
        ("TPUs do not interest us", "hardware", "tpu"),
        ("Kubeflow isn't part of the plan", "pipeline", "own-platform"),
        ("the browser is off the table for this release", "deploy", "web"),
        ("AWS is a no-go for legal reasons", "cloud", "aws"),
        ("an iPhone version is out", "deploy", "mobile"),
        ("phones are hardly relevant here", "deploy", "mobile"),
        ("GPUs from AMD never come up here", "hardware", "amd"),
        ("Azure has been phased out", "cloud", "azure"),
        ("the nightly job was switched off", "deploy", "batch"),
        ("Vertex AI was looked at and turned down", "pipeline", "managed"),
        ("macOS can be left out", "os", "macos"),
        ("the microcontroller idea is dead", "deploy", "microcontroller"),
        ("Google Cloud has been vetoed by the board", "cloud", "gcp"),
        # what is denied is put first
        ("Macs we don't have", "hardware", "apple"),
        ("a browser version nobody asked for", "deploy", "web"),
        ("phones we will never support", "deploy", "mobile"),
        ("TPUs I have no access to", "hardware", "tpu"),
        # verbs and turns that deny what follows
        ("we gave up on TPUs", "hardware", "tpu"),
        ("I'd rather not touch Windows", "os", "windows"),
        ("we no longer use AWS", "cloud", "aws"),
        ("the team refuses to work with Azure", "cloud", "azure"),
        ("we decided against a mobile app", "deploy", "mobile"),
        ("there's no point in a browser version", "deploy", "web"),
        ("we steer clear of Google Cloud", "cloud", "gcp"),
        ("far too small a budget for TPUs", "hardware", "tpu"),
        ("we have moved away from the browser", "deploy", "web"),
        ("this has nothing to do with speech recognition", "domain", "speech"),
        ("hardly anybody here runs Linux", "os", "linux"),
        ("we opted out of AWS", "cloud", "aws"),
        ("by no means a paper", "stage", "research"),
        ("we have no Keras code", "codebase", "tensorflow"),
        ("there isn't any PyTorch code lying around", "codebase", "pytorch"),
        ("no old torch code to carry along", "codebase", "pytorch"),
        # the denial comes in the next clause
        ("a phone app? forget it", "deploy", "mobile"),
        ("an STM32 would be too weak, so that's out", "deploy", "microcontroller"),
        ("Azure: ruled out", "cloud", "azure"),
        ("we looked at TPUs, but no", "hardware", "tpu"),
        # Chinese: the denial follows
        ("Windows 在我们这儿不扮演什么角色", "os", "windows"),
        ("苹果电脑不是我们在用的", "hardware", "apple"),
        ("手机端这个方案毙了", "deploy", "mobile"),
        ("浏览器这个方向否了", "deploy", "web"),
        ("TPU 就免了吧", "hardware", "tpu"),
        ("单片机方案被领导否决了", "deploy", "microcontroller"),
        ("AWS 账号早就注销了", "cloud", "aws"),
        ("谷歌云谈都不用谈", "cloud", "gcp"),
        ("安卓版我们不做", "deploy", "mobile"),
        ("Kubeflow 我们没在用", "pipeline", "own-platform"),
        ("发论文这事跟我们没关系", "stage", "research"),
        ("语音识别不在我们的范围之内", "domain", "speech"),
        ("Linux 基本没人用", "os", "linux"),
        ("多机训练对我们来说谈不上", "scale", "multi-node"),
        ("Azure 已经停用了", "cloud", "azure"),
        ("浏览器版本已被取消", "deploy", "web"),
        ("手机，不考虑", "deploy", "mobile"),
        ("树莓派嘛，算了", "deploy", "edge-linux"),
        ("实时性无所谓", "latency", "real-time"),
        ("响应时间不重要", "latency", "interactive"),
        # Chinese: the denial stands before
        ("没什么要实时的", "latency", "real-time"),
        ("我们用不着 TPU", "hardware", "tpu"),
        ("犯不着上多机多卡", "scale", "multi-node"),
        ("谈不上长期维护", "horizon", "years"),
        ("跟语音识别不沾边", "domain", "speech"),
        ("与推荐系统毫无关系", "domain", "recommender"),
        ("我们早就不碰 Windows 了", "os", "windows"),
        ("没有 Keras 的代码", "codebase", "tensorflow"),
        ("手上没有现成的 torch 代码", "codebase", "pytorch"),
        ("不请求后台", "deploy", "server"),
        ("千万别往手机上放", "deploy", "mobile"),
        ("不是没用过框架", "experience", "python"),
        # mixed turns, written after the rules
        ("Windows boxes are nowhere to be found here", "os", "windows"),
        ("we wouldn't dream of using Azure", "cloud", "azure"),
        ("Macs? Not in this company.", "os", "macos"),
        ("the last thing we want is a mobile app", "deploy", "mobile"),
        ("we're done with AWS", "cloud", "aws"),
        ("Android has no place in this", "deploy", "mobile"),
        ("there will be no web version", "deploy", "web"),
        ("no one here has a Mac", "os", "macos"),
        ("nobody on the team has ever touched TensorFlow", "experience", "tensorflow"),
        ("TensorFlow is not something we know", "experience", "tensorflow"),
        ("I know neither PyTorch nor TensorFlow", "experience", "both"),
        ("a server is the wrong place for it", "deploy", "server"),
        ("management said no to AWS", "cloud", "aws"),
        ("our lawyers forbid Google Cloud", "cloud", "gcp"),
        ("without phones or browsers", "deploy", "web"),
        ("not a recommender system, not a chatbot", "domain", "recommender"),
        ("we don't do images, audio or text", "domain", "vision"),
        ("I'm not into reinforcement learning", "domain", "rl"),
        ("less about vision, more about tabular data", "domain", "vision"),
        ("we aren't writing a paper on this", "stage", "research"),
        ("we have zero interest in TPUs", "hardware", "tpu"),
        ("we can't get TPUs", "hardware", "tpu"),
        ("TPUs are not available to us", "hardware", "tpu"),
        ("multi-node training is not planned", "scale", "multi-node"),
        ("it doesn't need to be real-time", "latency", "real-time"),
        ("real-time is not a requirement", "latency", "real-time"),
        ("response time is of no importance", "latency", "interactive"),
        ("we won't keep it for years", "horizon", "years"),
        ("the size need not be small", "footprint", "small"),
        ("fine-tuning isn't what we are after", "pretrained", "fine-tune"),
        ("安卓不在考虑范围", "deploy", "mobile"),
        ("浏览器那条路堵死了", "deploy", "web"),
        ("微信小程序就别想了", "deploy", "mobile"),
        ("公司不让用 Windows", "os", "windows"),
        ("Mac 一台都没有", "os", "macos"),
        ("我们这里没有人用 Mac", "os", "macos"),
        ("Azure 这家不在名单上", "cloud", "azure"),
        ("AWS 太贵用不起", "cloud", "aws"),
        ("没打算做成手机应用", "deploy", "mobile"),
        ("TensorFlow 一点都不会", "experience", "tensorflow"),
        ("PyTorch 从来没碰过", "experience", "pytorch"),
        ("两个框架都不会", "experience", "both"),
        ("不做图像，只做文本", "domain", "vision"),
        ("不涉及推荐，也不涉及语音", "domain", "recommender"),
        ("强化学习用不上", "domain", "rl"),
        ("论文就不写了", "stage", "research"),
        ("不是什么生产系统", "stage", "production"),
        ("实时不是硬要求", "latency", "real-time"),
        ("不追求实时", "latency", "real-time"),
        ("多卡没条件", "scale", "multi-device"),
        ("不做微调", "pretrained", "fine-tune"),
        ("微调就不必了", "pretrained", "fine-tune"),
        ("服务器我们不想维护", "deploy", "server"),
        ("不愿意租云服务器", "deploy", "server"),
        ("云服务太贵了，想换成本地", "deploy", "server"),
        ("不会用很多年", "horizon", "years"),
        ("Kubeflow 太复杂，放弃了", "pipeline", "own-platform"),
        ("没有旧的 PyTorch 代码", "codebase", "pytorch"),
        ("N 卡没有，只有 A 卡", "hardware", "nvidia"),
        ("英伟达的卡买不到", "hardware", "nvidia"),
        ("Our IT department has banned Linux laptops", "os", "linux"),
        ("the idea of a web demo was buried", "deploy", "web"),
        ("I can't stand TensorFlow", "experience", "tensorflow"),
        ("TPU access was denied", "hardware", "tpu"),
        ("nobody is going to run this in a browser", "deploy", "web"),
        ("AMD cards? We have none.", "hardware", "amd"),
        ("in no case on AWS", "cloud", "aws"),
        ("we would be crazy to build a mobile app", "deploy", "mobile"),
        ("macOS support has been discontinued", "os", "macos"),
        ("not a trace of TensorFlow code in our repository", "codebase", "tensorflow"),
        ("a microcontroller will not be enough", "deploy", "microcontroller"),
        ("Kubeflow proved too complicated, so we abandoned it", "pipeline", "own-platform"),
        ("it isn't about images or videos", "domain", "vision"),
        ("a real-time answer is more than we need", "latency", "real-time"),
        ("there's no room for a server in this design", "deploy", "server"),
        ("我们跟 AWS 的合同到期不续了", "cloud", "aws"),
        ("网页端的需求被产品经理划掉了", "deploy", "web"),
        ("安卓端没排期", "deploy", "mobile"),
        ("谁会在手机上跑这个", "deploy", "mobile"),
        ("Windows 电脑全换掉了", "os", "windows"),
        ("语音不是我们的方向", "domain", "speech"),
        ("TensorFlow 早就不用了", "experience", "tensorflow"),
        ("哪来的 TPU", "hardware", "tpu"),
        ("单片机就别提了", "deploy", "microcontroller"),
        ("不必长期维护", "horizon", "years"),
        ("实时不实时都无所谓", "latency", "real-time"),
        ("不打算碰 Kubeflow 这类东西", "pipeline", "own-platform"),
        ("多机训练？想都不用想", "scale", "multi-node"),
        ("老板不同意上 Azure", "cloud", "azure"),
        ("没有一行 TensorFlow 代码", "codebase", "tensorflow"),
        ("我们压根没有 Mac", "os", "macos"),
        # absences that are denied
        ("we do rent machines in the cloud", "cloud", "none"),
        ("we certainly don't start with an empty repository", "codebase", "none"),
        ("又不是从白纸开始", "codebase", "none"),
        ("模型可不能想多大就多大", "footprint", "any"),
        ("we cannot afford to wait for minutes", "latency", "any"),
    ],
)
def test_what_is_ruled_out_is_never_said_as_wanted(text: str, question: str, option: str) -> None:
    assert option not in _wanted(text, question)


@pytest.mark.parametrize(
    ("text", "question", "options"),
    [
        ("neither Azure nor AWS", "cloud", {"azure", "aws"}),
        ("phones, browsers and microcontrollers are all not needed", "deploy", {"mobile", "web", "microcontroller"}),
        ("it has to run without a browser or a phone", "deploy", {"web", "mobile"}),
        ("neither an iPhone, nor a browser, nor an ESP32", "deploy", {"mobile", "web", "microcontroller"}),
        ("Windows and macOS are both out of the question", "os", {"windows", "macos"}),
        ("手机和浏览器都不考虑", "deploy", {"mobile", "web"}),
        ("既不上手机也不上网页", "deploy", {"mobile", "web"}),
        ("安卓、网页、单片机统统不要", "deploy", {"mobile", "web", "microcontroller"}),
        ("AWS 和 Azure 我们都不用", "cloud", {"aws", "azure"}),
        ("TPU、苹果芯片一概用不上", "hardware", {"tpu", "apple"}),
    ],
)
def test_one_denial_reaches_over_the_whole_list(text: str, question: str, options: set[str]) -> None:
    assert options <= _ruled_out(text, question)
    assert not options & _wanted(text, question)


@pytest.mark.parametrize(
    ("text", "question", "option"),
    [
        ("we can't do without a browser version", "deploy", "web"),
        ("phones cannot be left out", "deploy", "mobile"),
        ("there is no way around Windows", "os", "windows"),
        ("not just a web page, an Android app as well", "deploy", "web"),
        ("not only on AWS", "cloud", "aws"),
        ("we have no problem with Linux", "os", "linux"),
        ("Azure is no problem for us", "cloud", "azure"),
        ("it must not run anywhere but in the browser", "deploy", "web"),
        ("nothing but TPUs", "hardware", "tpu"),
        ("no matter what, it has to run on iOS", "deploy", "mobile"),
        ("why not put it in the browser?", "deploy", "web"),
        ("we have never regretted buying our RTX 4090", "hardware", "nvidia"),
        ("my RTX 3060 doesn't have enough memory", "hardware", "nvidia"),
        ("the ESP32 does not have an operating system", "deploy", "microcontroller"),
        ("our Android app must not drain the battery", "deploy", "mobile"),
        ("离不开显卡，我们有两块 4090", "hardware", "nvidia"),
        ("手机端少不了", "deploy", "mobile"),
        ("不能不支持安卓", "deploy", "mobile"),
        ("不得不跑在 Windows 上", "os", "windows"),
        ("不仅仅是网页，还有安卓", "deploy", "web"),
        ("网页版不可或缺", "deploy", "web"),
        ("非浏览器不可", "deploy", "web"),
        ("除了 TPU 我们什么都不用", "hardware", "tpu"),
        ("树莓派没问题", "deploy", "edge-linux"),
        ("能不能部署到单片机上", "deploy", "microcontroller"),
        ("不管怎样都得上手机", "deploy", "mobile"),
        ("我的 3060 显存不够", "hardware", "nvidia"),
        ("没有手机端可不行", "deploy", "mobile"),
        ("we don't want to give up the browser version", "deploy", "web"),
        ("I don't know how to put it on a phone", "deploy", "mobile"),
        ("there's nothing wrong with AWS", "cloud", "aws"),
        ("it would be impossible without a GPU, we have an RTX 3080", "hardware", "nvidia"),
        ("our Raspberry Pi has no fan", "deploy", "edge-linux"),
        ("the Android app has no login", "deploy", "mobile"),
        ("we are not allowed to leave AWS", "cloud", "aws"),
        ("we run on Linux because Windows is too slow", "os", "linux"),
        ("The server has already been bought and is not too busy", "deploy", "server"),
        ("our phones are too old", "deploy", "mobile"),
        ("we stopped using a server and moved to phones", "deploy", "mobile"),
        ("it doesn't fit on my ESP32 yet", "deploy", "microcontroller"),
        ("training on our RTX 3090 never finishes", "hardware", "nvidia"),
        ("I failed to install CUDA on Ubuntu", "os", "linux"),
        ("we have few GPUs: two RTX 3090", "hardware", "nvidia"),
        ("speech recognition without an internet connection", "domain", "speech"),
        ("object detection is not accurate enough", "domain", "vision"),
        ("手机上跑得太慢", "deploy", "mobile"),
        ("安卓上装不上", "deploy", "mobile"),
        ("我的树莓派没有风扇", "deploy", "edge-linux"),
        ("图像分类准确率太低", "domain", "vision"),
        ("已经买了 4090", "hardware", "nvidia"),
        ("服务器已经买好了", "deploy", "server"),
        ("在 Windows 上总是报错", "os", "windows"),
        ("毕业设计没有多少时间，做图像识别", "domain", "vision"),
        ("手机端一定不能少", "deploy", "mobile"),
        ("难道不该放到浏览器里吗", "deploy", "web"),
        ("语音识别效果不太理想", "domain", "speech"),
        ("没有网络的地方也要在手机上用", "deploy", "mobile"),
        ("我们离不开 AWS", "cloud", "aws"),
        ("以前没做过，想做图像分类", "domain", "vision"),
        ("不想写代码，只想在网页里训练", "deploy", "web"),
    ],
)
def test_a_denial_that_denies_nothing_leaves_it_wanted_or_offered(text: str, question: str, option: str) -> None:
    found = reading.read(text, KNOWLEDGE)
    assert option not in found.needs.excluded.get(question, ())
    assert option in {*found.needs.options(question), *found.offers.get(question, ())}


@pytest.mark.parametrize(
    ("text", "question", "option"),
    [
        ("Today we use Azure, but we want to get away from it.", "cloud", "azure"),
        ("We want off AWS.", "cloud", "aws"),
        ("Right now it runs on a server. We would like to replace that.", "deploy", "server"),
        ("We currently pay for a cloud service and are tired of it.", "deploy", "server"),
        ("We are migrating off SageMaker.", "pipeline", "managed"),
        ("目前用的是阿里云服务器，想换掉。", "deploy", "server"),
        ("我们要从 AWS 搬走", "cloud", "aws"),
        ("现在靠云服务，打算摆脱它。", "deploy", "server"),
        ("正在从 Azure 迁出来", "cloud", "azure"),
    ],
)
def test_what_is_to_be_left_is_not_wanted(text: str, question: str, option: str) -> None:
    assert option not in _wanted(text, question)


@pytest.mark.parametrize(
    ("text", "question", "option"),
    [
        ("A museum wants a guide that recognises paintings inside the visitor's own browser.", "deploy", "web"),
        ("A farmers' cooperative needs leaf diagnosis on its members' Android phones.", "deploy", "mobile"),
        ("The clinic would like its nightly job to score all scans.", "deploy", "batch"),
        ("Now a cloud service answers; the clients want everything inside the browser instead.", "deploy", "web"),
        ("一家博物馆想让游客在自己的浏览器里识别画作", "deploy", "web"),
        ("合作社需要在农户的安卓手机上诊断叶片", "deploy", "mobile"),
    ],
)
def test_what_a_third_party_wants_is_read(text: str, question: str, option: str) -> None:
    assert option in _wanted(text, question)


def test_reading_a_long_text_full_of_denials_stays_linear() -> None:
    sentence = "we don't use Windows, not even phones, neither Azure nor AWS, 浏览器不考虑，手机否了。"
    short, long = sentence * 20, sentence * 200
    assert len(reading.read(long, KNOWLEDGE).slots) == len(reading.read(short, KNOWLEDGE).slots)
