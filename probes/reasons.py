"""Reasons in words: for every code what it says in English and Chinese, with gaps for its parameters.

A reason is made where something happens, as a code with parameters (``probes.types.Reason``), and put into words at the
edge: on the terminal, on a page, in a report. Evidence holds it both as data and as an English sentence. What a
framework itself says (an exception's text) is a parameter and stays as it is. Pure.
"""

from __future__ import annotations

import string
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple, Protocol

from probes.types import VERBATIM, Measurement, Probe, Reason, Status


class Words(NamedTuple):
    """What a code says, with gaps named by its parameters; a gap of several things may tell what stands between them.

    Attributes:
        en: in English.
        zh: in Chinese.
        page_en: the same for who reads a page and passes no options, where that differs.
        page_zh: in Chinese.
    """

    en: str
    zh: str
    page_en: str = ""
    page_zh: str = ""

    def in_(self, lang: str, *, page: bool) -> str:
        """Return the words in a language."""
        if page and self.page_en:
            return self.page_zh if lang == "zh" else self.page_en
        return self.zh if lang == "zh" else self.en


CATALOGUE: Mapping[str, Words] = {
    VERBATIM: Words("{detail}", "{detail}"),
    "side": Words("{side}: {reason}", "{side}：{reason}"),
    "several": Words("{reasons}", "{reasons}"),
    "no-finite-number": Words("no finite number", "不是有限的数"),
    # ------------------------------------------------------------ budget, cancelling
    "budget-left": Words(
        "the budget of {budget:.0f} s has {left:.0f} s left, too few for a probe of about {wanted:.0f} s; give it more "
        "with --budget",
        "预算 {budget:.0f} 秒只剩 {left:.0f} 秒，不够做约需 {wanted:.0f} 秒的探测；可用 --budget 加大",
        "Skipped: {left:.0f} s of {budget:.0f} s were left, and it takes about {wanted:.0f} s. Give it more time.",
        "已跳过：{budget:.0f} 秒中只剩 {left:.0f} 秒，而它约需 {wanted:.0f} 秒。请给更多时间。",
    ),
    "device-checks-over": Words("the time for the device checks was up", "设备检查的时间已用完"),
    "cancelled-before": Words("cancelled before it began", "尚未开始即已取消"),
    "cancelled-rest": Words("cancelled; probes finished before are kept", "已取消；此前完成的探测均保留"),
    "cancelled-while": Words("cancelled while it ran", "运行中被取消"),
    # ------------------------------------------------------------ environments and devices
    "not-installed": Words(
        "{python} has no {package}; add it: {command}", "{python} 中没有 {package}；安装命令：{command}"
    ),
    "cannot-start": Words(
        "cannot start {python}: {why}; name a Python that has {framework} with --python {option}=PATH",
        "无法启动 {python}：{why}；请用 --python {option}=PATH 指定装有 {framework} 的 Python",
        "{python} cannot be started ({why}). Name a Python that has {framework} under “How”.",
        "无法启动 {python}（{why}）。请在“方式”中填写装有 {framework} 的 Python。",
    ),
    "no-backend": Words(
        "no backend for '{framework}': probes/backends has none", "没有 {framework} 的后端：probes/backends 中没有"
    ),
    "sees": Words("{side} sees {kinds: and }", "{side} 能看到 {kinds:、}"),
    "no-common-device": Words(
        "no device '{device}' that every side can use: {seen:, }", "没有双方都能用的设备 {device}：{seen:，}"
    ),
    "no-common-accelerator": Words(
        "no accelerator that every side can use: {seen:, }", "没有双方都能用的加速器：{seen:，}"
    ),
    "cpu-in-common": Words(
        "compared on the CPU, the only device in common: {seen:, }", "在 CPU 上比较，它是双方唯一共有的设备：{seen:，}"
    ),
    "no-device": Words(
        "{framework} sees no {kind} device; it sees {seen:, }", "{framework} 看不到 {kind} 设备；能看到 {seen:、}"
    ),
    "no-xla": Words("{framework} has no XLA", "{framework} 没有 XLA"),
    "unlike-settings": Words("the sides were not set alike: {differences}", "双方的设置不一致：{differences}"),
    "setting-differs": Words(
        "{setting} is {value} in {side} and {other_value} in {other}",
        "{setting} 在 {side} 中为 {value}，在 {other} 中为 {other_value}",
    ),
    "cannot-wait": Words(
        "work on {device} cannot be waited for, so it is not timed; install torch 2.6 or later, or measure with "
        "--device cpu",
        "{device} 上的计算无法等待其完成，因此不计时；请安装 torch 2.6 或更新版本，或用 --device cpu 测量",
        "work on {device} cannot be waited for, so it is not timed; install torch 2.6 or later, or measure on the CPU",
        "{device} 上的计算无法等待其完成，因此不计时；请安装 torch 2.6 或更新版本，或在 CPU 上测量",
    ),
    "gpu-taken": Words(
        "another program holds {held:.1f} of {whole:.1f} GB of GPU {gpu}, and {needed:.0f} GB must be free: close it, "
        "name another GPU with CUDA_VISIBLE_DEVICES, or measure with --device cpu",
        "另一程序占用了 GPU {gpu} 的 {held:.1f} GB（共 {whole:.1f} GB），而测量需要 {needed:.0f} GB 空闲："
        "请关闭它，用 CUDA_VISIBLE_DEVICES 指定另一块 GPU，或用 --device cpu 测量",
        "another program holds {held:.1f} of {whole:.1f} GB of GPU {gpu}, and {needed:.0f} GB must be free: close it, "
        "name another GPU with CUDA_VISIBLE_DEVICES, or measure on the CPU",
        "另一程序占用了 GPU {gpu} 的 {held:.1f} GB（共 {whole:.1f} GB），而测量需要 {needed:.0f} GB 空闲："
        "请关闭它，用 CUDA_VISIBLE_DEVICES 指定另一块 GPU，或在 CPU 上测量",
    ),
    "gpu-greedy": Words(
        "TensorFlow would take the whole GPU, for its memory cannot be set to grow ({why}); set "
        "TF_FORCE_GPU_ALLOW_GROWTH=true, or measure with --device cpu",
        "TensorFlow 会占用整块 GPU，因为无法将其显存设为按需增长（{why}）；"
        "请设 TF_FORCE_GPU_ALLOW_GROWTH=true，或用 --device cpu 测量",
        "TensorFlow would take the whole GPU, for its memory cannot be set to grow ({why}); set "
        "TF_FORCE_GPU_ALLOW_GROWTH=true, or measure on the CPU",
        "TensorFlow 会占用整块 GPU，因为无法将其显存设为按需增长（{why}）；"
        "请设 TF_FORCE_GPU_ALLOW_GROWTH=true，或在 CPU 上测量",
    ),
    "not-kept-to-cpu": Words(
        "TensorFlow cannot be kept to the CPU ({why}); set CUDA_VISIBLE_DEVICES=-1",
        "无法让 TensorFlow 只用 CPU（{why}）；请设 CUDA_VISIBLE_DEVICES=-1",
    ),
    "no-cxx-compiler": Words(
        "torch.compile needs a C++ compiler (g++ or clang) and none was found; {way_out}",
        "torch.compile 需要 C++ 编译器（g++ 或 clang），但没有找到；{way_out}",
    ),
    "install-gxx": Words("on Debian and Ubuntu: apt-get install g++", "在 Debian 和 Ubuntu 上：apt-get install g++"),
    "install-xcode": Words("on macOS: xcode-select --install", "在 macOS 上：xcode-select --install"),
    "install-build-tools": Words(
        "install Visual Studio's Build Tools with C++ and start from its developer prompt",
        "请安装带 C++ 的 Visual Studio 生成工具，并从其开发人员命令提示符启动",
    ),
    # ------------------------------------------------------------ environments of their own
    "env-there": Words("{name} is installed already, in {place}", "{name} 已安装，位于 {place}"),
    "env-begin": Words(
        "{name}: {packages} packages, about {mb:,.0f} MB on the disk, into {place}",
        "{name}：{packages} 个软件包，约占磁盘 {mb:,.0f} MB，安装到 {place}",
    ),
    "env-venv": Words("making a virtual environment with {python}", "正在用 {python} 建立虚拟环境"),
    "env-package": Words("[{number}/{of}] {package}", "[{number}/{of}] {package}"),
    "env-download": Words("downloading {size}", "正在下载 {size}"),
    "env-unpack": Words(
        "unpacking; this can take minutes and prints nothing", "正在解包；可能需要几分钟，其间没有输出"
    ),
    "env-npm": Words("downloading {packages} npm packages", "正在下载 {packages} 个 npm 软件包"),
    "env-check": Words("trying whether {modules:, } can be imported", "正在检查能否导入 {modules:、}"),
    "env-undo": Words("removing what was installed of {name} so far", "正在删除 {name} 已安装的部分"),
    "env-done": Words(
        "{name} is installed: {mb:,.0f} MB in {seconds:.0f} s, in {place}",
        "{name} 已安装：{mb:,.0f} MB，用时 {seconds:.0f} 秒，位于 {place}",
    ),
    "env-removing": Words("removing {name} from {place}", "正在从 {place} 删除 {name}"),
    "env-removed": Words("{name} is removed: {mb:,.0f} MB are free again", "{name} 已删除，释放 {mb:,.0f} MB"),
    "env-not-there": Words("{name} is not installed; nothing was removed", "{name} 未安装，没有删除任何内容"),
    "env-system": Words(
        "{name} has packages for {systems:, }, and this is {system}; to try it by hand: {lines:; }",
        "{name} 只有适用于 {systems:、} 的软件包，而本机是 {system}；若要手动尝试：{lines:；}",
    ),
    "env-python": Words(
        "{name} needs Python {range}, and there is {seen:, }; install such a Python and name it: framework-advisor "
        "routes add {name} --python PATH",
        "{name} 需要 Python {range}，而此处只有 {seen:、}；请安装该版本的 Python 并指定："
        "framework-advisor routes add {name} --python PATH",
        "{name} needs Python {range}, and there is {seen:, }; install such a Python on this machine and add it again",
        "{name} 需要 Python {range}，而此处只有 {seen:、}；请在本机安装该版本的 Python 后重试",
    ),
    "env-no-venv": Words(
        "{python} cannot make a virtual environment: {said}; on Debian and Ubuntu: apt-get install python3-venv",
        "{python} 无法建立虚拟环境：{said}；在 Debian 和 Ubuntu 上：apt-get install python3-venv",
    ),
    "env-no-node": Words(
        "{name} needs Node with npm, and they are not on the PATH; install them from https://nodejs.org (on Debian and "
        "Ubuntu: apt-get install nodejs npm)",
        "{name} 需要 Node 和 npm，但 PATH 中没有；请从 https://nodejs.org 安装"
        "（在 Debian 和 Ubuntu 上：apt-get install nodejs npm）",
    ),
    "env-no-room": Words(
        "{name} needs {needed:,.0f} MB while it is installed, and {place} has {free:,.0f} MB free; make room "
        "(framework-advisor routes list shows what is installed, routes remove NAME removes it), or set {variable} to "
        "a folder on a larger disk",
        "安装 {name} 时需要 {needed:,.0f} MB，而 {place} 只剩 {free:,.0f} MB；请腾出空间"
        "（framework-advisor routes list 列出已安装的内容，routes remove NAME 删除），"
        "或将 {variable} 设为更大磁盘上的文件夹",
    ),
    "env-no-network": Words(
        "{name} was not installed, for {host} does not answer; connect to a network, or name a proxy with HTTPS_PROXY "
        "or an index of packages with PIP_INDEX_URL; where another machine has a network, make it there: {lines:; }",
        "{name} 未安装，因为 {host} 没有应答；请连接网络，或用 HTTPS_PROXY 指定代理、用 PIP_INDEX_URL 指定软件包索引；"
        "若另一台机器有网络，可在那里建立：{lines:；}",
    ),
    "env-no-package": Words(
        "{name} was not installed, for no index has {package} for this Python on {system}; to try it by hand: "
        "{lines:; }",
        "{name} 未安装，因为没有索引提供适用于此 Python 和 {system} 的 {package}；若要手动尝试：{lines:；}",
    ),
    "env-failed": Words(
        "{program} failed: {said}; to try it by hand: {lines:; }", "{program} 失败：{said}；若要手动尝试：{lines:；}"
    ),
    "env-not-importable": Words(
        "{name} was installed and removed again, for it does not work on this machine: {said}; to try it by hand: "
        "{lines:; }",
        "{name} 安装后已删除，因为它在本机上无法运行：{said}；若要手动尝试：{lines:；}",
    ),
    "env-busy": Words(
        "another process is adding or removing {name}; wait for it, or end it",
        "另一个进程正在安装或删除 {name}；请等待其结束，或终止它",
    ),
    "env-in-use": Words(
        "{name} could not be removed whole from {place}, for a program uses it; end that and remove it again",
        "无法完整删除 {place} 中的 {name}，因为有程序正在使用；请结束该程序后重试",
    ),
    "env-unwritable": Words(
        "{place} cannot be written ({why}); set {variable} to a folder that can",
        "无法写入 {place}（{why}）；请将 {variable} 设为可写的文件夹",
    ),
    "env-nowhere": Words(
        "there is no folder to install into: {why}; set {variable} to one that can be written",
        "没有可供安装的文件夹：{why}；请将 {variable} 设为可写的文件夹",
    ),
    # ------------------------------------------------------------ workers
    "no-answer": Words(
        "{side} did not answer '{request}' within {seconds:.0f} s; its processes were ended",
        "{side} 在 {seconds:.0f} 秒内没有回应 {request}；其进程已被结束",
    ),
    "no-answer-printed": Words(
        "{side} did not answer '{request}' within {seconds:.0f} s; its processes were ended, and the last it printed "
        "was: {printed}",
        "{side} 在 {seconds:.0f} 秒内没有回应 {request}；其进程已被结束，它最后输出的是：{printed}",
    ),
    "bad-answer": Words(
        "{side} gave {fault} ('{request}'); its processes were ended",
        "{side} 对 {request} 给出了{fault}；其进程已被结束",
    ),
    "answer-none": Words("an answer that is none", "不成其为回答的内容"),
    "answer-other": Words("an answer to request {given} when {asked} was asked", "对请求 {given} 而非 {asked} 的回答"),
    "answer-twice": Words("two answers to one request", "对同一请求的两个回答"),
    "answer-truncated": Words("a truncated answer", "被截断的回答"),
    "answer-no-json": Words("an answer that is not JSON", "不是 JSON 的回答"),
    "channel-closed": Words("{side} closed its channel during '{request}'", "{side} 在 {request} 时关闭了通道"),
    "killed": Words("{side} was killed by {signal} during '{request}'", "{side} 在 {request} 时被 {signal} 终止"),
    "killed-memory": Words(
        "{side} was killed by {signal}, which is what the system does when memory runs out during '{request}'",
        "{side} 在 {request} 时被 {signal} 终止（系统在内存耗尽时会这样做）",
    ),
    "killed-instructions": Words(
        "{side} was killed by {signal} during '{request}': this build needs instructions that this CPU does not have "
        "({flags}); name a Python with a build made for it with --python {option}=PATH, or measure on a newer machine",
        "{side} 在 {request} 时被 {signal} 终止：此构建需要本机 CPU 没有的指令（{flags}）；"
        "请用 --python {option}=PATH 指定装有适合该 CPU 的构建的 Python，或换一台较新的机器测量",
        "{side} was killed by {signal} during '{request}': this build needs instructions that this CPU does not have "
        "({flags}); name a Python with a build of {framework} made for it under “How”, or measure on a newer machine",
        "{side} 在 {request} 时被 {signal} 终止：此构建需要本机 CPU 没有的指令（{flags}）；"
        "请在“方式”中填写装有适合该 CPU 的 {framework} 构建的 Python，或换一台较新的机器测量",
    ),
    "ended": Words(
        "{side} ended with status {exit_status} during '{request}'", "{side} 在 {request} 时以状态 {exit_status} 结束"
    ),
    "with-output": Words("{reason}: {printed}", "{reason}：{printed}"),
    "instructions-not-told": Words("this system does not tell which it has", "此系统不告知其具备哪些"),
    "out-of-memory": Words("out of memory", "内存不足"),
    "out-of-memory-detail": Words("out of memory {detail}", "内存不足 {detail}"),
    "clocks-jump": Words("the clocks of this machine jump; nothing can be timed", "本机的时钟跳动，无法计时"),
    # ------------------------------------------------------------ what a framework, workload or scenario cannot do
    "no-side": Words("the workload {workload} has no side for this framework", "工作负载 {workload} 没有此框架的一边"),
    "no-size": Words(
        "the workload has no size '{size}'; it has {sizes:, }", "工作负载没有 {size} 这一规模；有 {sizes:、}"
    ),
    "no-part": Words("this scenario has no part for {framework}", "此场景没有 {framework} 的部分"),
    "no-generation": Words("this workload does not generate; {workload} does", "此工作负载不能生成；{workload} 能"),
    "keras-needs-code": Words(
        "a .keras file holds no code of {kinds:, }: it loads only where that is; build the model of stock layers in a "
        "Sequential or functional model, or take another route",
        ".keras 文件不含 {kinds:、} 的代码，只有具备该代码之处才能加载；请用现成的层构建 Sequential 或函数式模型，"
        "或改走其他路线",
    ),
    "no-keras-model": Words(
        "this is a traced function, not a Keras model, so that no .keras file can be made of it",
        "这是追踪得到的函数而非 Keras 模型，无法由它生成 .keras 文件",
    ),
    "no-keras-fit": Words("this workload cannot be trained by keras fit", "此工作负载无法用 keras fit 训练"),
    "no-torch-xla": Words(
        "PyTorch reaches XLA through torch_xla only, and these probes have no torch_xla side",
        "PyTorch 只能经由 torch_xla 使用 XLA，而这些探测没有 torch_xla 的一边",
    ),
    "lstm-not-compiled": Words(
        "torch.compile leaves nn.LSTM out unless torch._dynamo.config.allow_rnn is set; without fullgraph it would run "
        "eagerly in disguise",
        "除非设置 torch._dynamo.config.allow_rnn，torch.compile 不编译 nn.LSTM；"
        "不用 fullgraph 时它名为编译，实为即时执行",
    ),
    "no-peak-memory": Words(
        "this system does not tell a process its peak memory; Linux, macOS and Windows do",
        "此系统不告知进程其内存峰值；Linux、macOS 和 Windows 会",
    ),
    "no-fresh-peak": Words(
        "only Linux lets a process start its memory peak anew; see the probes of peak memory instead",
        "只有 Linux 允许进程重置内存峰值；请改看内存峰值的探测",
    ),
    # ------------------------------------------------------------ routes: a model taken out
    "route-not-added": Words(
        "{environment} needs an environment of its own; add it: framework-advisor routes add {environment}",
        "{environment} 需要单独的环境；安装命令：framework-advisor routes add {environment}",
    ),
    "no-program": Words(
        "{program} is not on the PATH of this machine; add it: {command}",
        "此机器的 PATH 中没有 {program}；安装命令：{command}",
    ),
    "no-npm-package": Words(
        "the folder of npm packages has no {package}, or not all of it; add it: {command}",
        "npm 包的文件夹中没有 {package}，或不完整；安装命令：{command}",
    ),
    "program-ended": Words(
        "{program} ended by itself ({how}); the last it printed was: {printed}",
        "{program} 自行结束（{how}）；它最后输出的是：{printed}",
    ),
    "page-ended": Words(
        "the page in {program} crashed or was closed; the last the browser printed was: {printed}",
        "{program} 中的页面崩溃或被关闭；浏览器最后输出的是：{printed}",
    ),
    "page-not-opened": Words(
        "{program} did not open its page within {seconds:.0f} s and was ended; the last it printed was: {printed}",
        "{program} 在 {seconds:.0f} 秒内没有打开页面，已被结束；它最后输出的是：{printed}",
    ),
    "operators-refused": Words("the converter does not take {operators:, }", "转换器不支持 {operators:、}"),
    "operators-refused-said": Words(
        "the converter does not take {operators:, }: {said}", "转换器不支持 {operators:、}：{said}"
    ),
    "no-artifact": Words("the converter left no file", "转换器没有留下任何文件"),
    "no-way-out": Words(
        "this workload hands out no model that a converter could take; mlp and a model file of two functions do",
        "此工作负载不提供可供转换的模型；mlp 和含两个函数的模型文件可以",
    ),
    "no-runtime": Words(
        "no runtime '{runtime}': probes/runtimes has none", "没有运行时 {runtime}：probes/runtimes 中没有"
    ),
    "no-saved-models": Words("{framework} saves no models", "{framework} 不保存模型"),
    "inputs-untold": Words(
        "{path} does not tell its inputs; save it with a signature (SavedModel) or with positional tensors "
        "(torch.export)",
        "{path} 没有说明其输入；请连同签名保存（SavedModel），或以位置参数的张量导出（torch.export）",
    ),
    "needs-data": Words(
        "this runtime does not tell what the file takes; give samples of it with --data DATA.npz",
        "此运行时不说明该文件需要何种输入；请用 --data DATA.npz 提供样本",
        "this runtime does not tell what the file takes; give samples of it as a .npz file",
        "此运行时不说明该文件需要何种输入；请以 .npz 文件提供样本",
    ),
    "data-lacks": Words(
        "the data has no array '{name}'; the model takes {names:, }", "数据中没有数组 {name}；模型需要 {names:、}"
    ),
    "data-shape": Words(
        "one sample of '{name}' is {given} in the data, and the model takes {wanted}; samples lie on the first axis",
        "数据中 {name} 的一个样本为 {given}，而模型需要 {wanted}；样本排在第一轴",
    ),
    "data-unreadable": Words(
        "{path} holds no arrays that can be read ({why}); numpy.savez makes such a file",
        "{path} 中没有可读取的数组（{why}）；numpy.savez 可生成这样的文件",
    ),
    "data-not-finite": Words(
        "{path}: '{name}' has {count} entries that are not finite numbers, the first at [{place}]; take those samples "
        "out",
        "{path}：{name} 中有 {count} 个值不是有限的数，第一个在 [{place}]；请去掉这些样本",
    ),
    "data-lengths": Words(
        "{path}: the arrays hold unlike numbers of samples: {lengths:, }",
        "{path}：各数组的样本数不同：{lengths:、}",
    ),
    "data-length": Words("{count} of '{name}'", "{name} 有 {count} 个"),
    "data-absent": Words(
        "{path}: no such file; numpy.savez makes such a file", "{path}：没有此文件；numpy.savez 可生成这样的文件"
    ),
    "data-no-numbers": Words(
        "{path}: '{name}' holds no numbers ({kind}); save it as float32 or int32",
        "{path}：{name} 中不是数值（{kind}）；请保存为 float32 或 int32",
    ),
    "data-single": Words(
        "{path}: '{name}' is a single number; samples lie on the first axis",
        "{path}：{name} 只是一个数；样本排在第一轴",
    ),
    "data-large": Words(
        "{path} unpacks to {size:.1f} GB, more than {most:.0f} GB; give fewer samples",
        "{path} 解包后为 {size:.1f} GB，超过 {most:.0f} GB；请减少样本",
    ),
    "data-empty": Words("{path} holds no samples", "{path} 中没有样本"),
    "outputs-unlike": Words(
        "it gives {count} outputs, and these were named: {wanted:, }", "它给出 {count} 个输出，而所列的是：{wanted:、}"
    ),
    "agrees-seldom": Words(
        "it agrees with the source in {share:.0%} of {count} samples only, and its answers lie {distance:.2g} off; "
        "{bound:.2g} would be allowed",
        "它仅在 {count} 个样本的 {share:.0%} 上与原模型一致，且结果相差 {distance:.2g}；至多允许 {bound:.2g}",
    ),
    "routes-cancelled": Words(
        "cancelled before its times were taken; run it again with what was kept to take them",
        "在计时之前已取消；接着已保留的结果再次运行即可补上",
    ),
    "routes-late": Words(
        "the budget of {budget:.0f} s was used up before its times were taken; give it more with --budget",
        "预算 {budget:.0f} 秒在计时之前已用完；可用 --budget 加大",
        "the {budget:.0f} s were used up before its times were taken; give it more time",
        "{budget:.0f} 秒在计时之前已用完；请给更多时间",
    ),
    "routes-disk": Words(
        "{place} cannot be written or read ({why}); make room there, or set TMPDIR to a folder on a larger disk",
        "无法写入或读取 {place}（{why}）；请在那里腾出空间，或将 TMPDIR 设为更大磁盘上的文件夹",
    ),
    "lost-in-turns": Words("it was lost while its times were taken: {reason}", "计时中它出了故障：{reason}"),
    "lost-again": Words(
        "it worked once and was lost in a further fresh process: {reason}",
        "它成功过一次，但在另一个新进程中出了故障：{reason}",
    ),
    "too-few-processes": Words(
        "one process does not decide a target, and {of} do not fit: {reason}",
        "一个进程不足以判断目标，而 {of} 个进程放不下：{reason}",
    ),
    "without-own": Words(
        "{framework} itself could not answer, so its routes are held against nothing: {reason}",
        "{framework} 自身无法推理，因此其各路线没有比较对象：{reason}",
    ),
    # ------------------------------------------------------------ a model of the user's: its file
    "no-python-file": Words("{path} is not a Python file", "{path} 不是 Python 文件"),
    "imported-at-top": Words(
        "{file} imports {module} at its top, so that both frameworks would share one process: import it inside the "
        "function {function}() (line {line}: {text})",
        "{file} 在文件开头导入了 {module}，会使两个框架共用一个进程："
        "请改在函数 {function}() 内导入（第 {line} 行：{text}）",
    ),
    "no-function": Words("the model file has no function {framework}", "模型文件中没有函数 {framework}"),
    "no-two-functions": Words(
        "no two functions for {framework}: probes/user_model has none",
        "{framework} 不能用两个函数的写法：probes/user_model 中没有它",
    ),
    "no-y": Words(
        "data() of the model file returns no y: a dictionary with x and y is needed",
        "模型文件的 data() 没有返回 y：需要含 x 和 y 的字典",
    ),
    "file-needs": Words(
        "the model file needs {problems}; python -m probes example prints one that works",
        "模型文件需要 {problems}；python -m probes example 会给出可用的例子",
    ),
    "needs-input": Words(
        "INPUT, the shape of one batch with the batch size first, e.g. INPUT = (64, 100), or several by name, "
        'e.g. INPUT = {{"picture": (64, 32, 32, 3), "numbers": (64, 10)}}',
        "INPUT，即一个批次的形状，批大小在前，例如 INPUT = (64, 100)，或按名称给出多个，"
        '例如 INPUT = {{"picture": (64, 32, 32, 3), "numbers": (64, 10)}}',
    ),
    "needs-loss": Words("LOSS as one of {known:, }, not {given}", "LOSS 为 {known:、} 之一，而不是 {given}"),
    "needs-rate": Words("RATE as a number above 0, not {given}", "RATE 为大于 0 的数，而不是 {given}"),
    "needs-tokens": Words(
        "TOKENS as a whole number, how many words there are, not {given}", "TOKENS 为整数，即词的数目，而不是 {given}"
    ),
    "needs-tokens-by-input": Words(
        'TOKENS by input where there are several, e.g. TOKENS = {{"words": 5000}}',
        '有多个输入时按输入给出 TOKENS，例如 TOKENS = {{"words": 5000}}',
    ),
    "needs-weights": Words(
        "WEIGHTS as {{framework: [names of its weights, in the order common to all]}}",
        "WEIGHTS 形如 {{框架: [其权重的名称，按各方共同的顺序]}}",
    ),
    "wrong-weights": Words("WEIGHTS: {problems}", "WEIGHTS：{problems}"),
    "no-weight": Words("{framework} has no weight {names:, }", "{framework} 没有权重 {names:、}"),
    "further-weight": Words("{framework} also has {names:, }", "{framework} 另有 {names:、}"),
    "channels-first": Words(
        "INPUT has its channels first; write them last for both: {shape}",
        "INPUT 把通道放在了前面；双方都应放在最后：{shape}",
    ),
    "several-answers": Words(
        "the model returns {count} things in a {kind}; return the outputs alone, one array",
        "模型返回了 {kind}，其中有 {count} 项；请只返回输出这一个数组",
    ),
    "no-model": Words(
        "the model file's function returns {kind}; {wanted} is needed", "模型文件中的函数返回 {kind}；需要 {wanted}"
    ),
    # ------------------------------------------------------------ a model of the user's: what its sides have in common
    "layer": Words("`{layer}`{place}", "`{layer}`{place}"),
    "in-line": Words(" (line {line})", "（第 {line} 行）"),
    "as-written": Words("as written, the sides differ: {differences}", "按原样书写，双方不同：{differences}"),
    "written": Words(
        "{side} {layer}{place} {setting}={value}{against}", "{side} {layer}{place} {setting}={value}{against}"
    ),
    "against": Words(", {other}", "，{other}"),
    "against-dropout": Words(", dropout is measured at 0", "，dropout 按 0 测量"),
    "noted": Words(
        "{changes} (--as-written refuses instead)", "{changes}（--as-written 则拒绝测量）", "{changes}", "{changes}"
    ),
    "set-alike": Words("set alike in both: {changes}", "为使双方一致而改动：{changes}"),
    "changed": Words("{side} {changes:, }", "{side} {changes:，}"),
    "change": Words("{setting} {was} → {now}{times}", "{setting} {was} → {now}{times}"),
    "times": Words(" ×{count}", " ×{count}"),
    "the-end": Words("the end of the model", "模型末端"),
    "dropout-off": Words("dropout is 0 on both sides", "双方 dropout 均为 0"),
    "parted-alone": Words(
        "the outputs part at layer {number}: {side} {layer} has no counterpart in {other}{look}",
        "输出从第 {number} 层起分岔：{side} 的 {layer} 在 {other} 中没有对应者{look}",
    ),
    "parted-at-end": Words(
        "the outputs part after the last layer that both have ({far}); no cause is known",
        "输出在双方共有的最后一层之后分岔（{far}）；原因不明",
    ),
    "parted": Words(
        "the outputs part at layer {number} ({far}): {one} {layer}, {other} {other_layer}; {cause}{look}",
        "输出从第 {number} 层起分岔（{far}）：{one} {layer}，{other} {other_layer}；{cause}{look}",
    ),
    "apart": Words("{distance:.2g} apart, at most {bound:.0e} allowed", "相差 {distance:.2g}，至多允许 {bound:.0e}"),
    "other-shapes": Words("shapes {shape} and {other_shape}", "形状为 {shape} 与 {other_shape}"),
    "not-compared": Words("not compared", "未比较"),
    "likely-cause": Words("likely cause: {causes:, }", "可能的原因：{causes:，}"),
    "no-cause": Words("no cause is known", "原因不明"),
    "settings-differ": Words(
        "{setting} is {value} and {other_setting} is {other_value}",
        "{setting} 为 {value}，而 {other_setting} 为 {other_value}",
    ),
    "kinds-differ": Words("{kind} is not {other_kind}", "{kind} 不是 {other_kind}"),
    "change-lines": Words("; change line {lines: or } of {file}", "；请改 {file} 的第 {lines:、} 行"),
    "look-at-lines": Words("; look at line {lines: or } of {file}", "；请看 {file} 的第 {lines:、} 行"),
    "weights-part": Words(
        "the sides do not hold the same weights: they part at layer {number}: {holders: and }{lacking}{look}",
        "双方的权重不同：自第 {number} 层起不同：{holders:，}{lacking}{look}",
    ),
    "holding": Words("{side} {layer} with {weights:, }", "{side} {layer} 有 {weights:、}"),
    "lacking": Words(", for which {side} has no counterpart", "，{side} 没有对应者"),
    # ------------------------------------------------------------ parity and honesty
    "weights-unlike": Words("the sides do not hold the same weights: {holders}", "双方的权重不同：{holders}"),
    "weights-alone": Words(
        "{side} has {names:, }{more}, for which {other} has no counterpart",
        "{side} 有 {names:、}{more}，{other} 没有对应者",
    ),
    "and-more": Words(" and {count} more", " 等另外 {count} 个"),
    "references-differ": Words(
        "in float64 {one} and {other} differ in {array}: {distance:.2g}, at most {bound:.0e} allowed",
        "在 float64 下 {one} 与 {other} 的 {array} 不同：{distance:.2g}，至多允许 {bound:.0e}",
    ),
    "off-reference": Words(
        "{side} is off the float64 reference in {array}: {distance:.2g}, at most {bound:.0e} allowed",
        "{side} 的 {array} 偏离 float64 参考：{distance:.2g}，至多允许 {bound:.0e}",
    ),
    "compiled-nothing": Words(
        "{side} compiled nothing: it runs eagerly in disguise", "{side} 什么也没有编译：名为编译，实为即时执行"
    ),
    "left-graph": Words(
        "{side} left the compiled graph ({breaks} graph breaks, {fallbacks} fallbacks)",
        "{side} 离开了编译后的图（{breaks} 次图中断，{fallbacks} 次回退）",
    ),
    "compiled-anew": Words(
        "{side} compiled anew {times} times while it was timed", "{side} 在计时期间又编译了 {times} 次"
    ),
    "above-roof": Words(
        "more than this machine's measured roof was reached ({shares:, }): work is missing or not waited for",
        "超过了本机测得的上限（{shares:，}）：有工作缺失或未等待其完成",
    ),
    "share": Words("{side} {share:.0%}", "{side} {share:.0%}"),
    "cost-not-positive": Words(
        "{probe}: a cost that is not positive cannot be compared", "{probe}：非正的代价无法比较"
    ),
    # ------------------------------------------------------------ notes
    "short-of-cpu": Words(
        "{granted:g} of a CPU is granted: timings are throttled, and intervals wider; grant one CPU or more",
        "只分到 {granted:g} 个 CPU：计时会受限流影响，区间更宽；请分配一个或更多 CPU",
    ),
    "unknown-probe": Words("the catalogue has no probe '{probe}'", "目录中没有探测 {probe}"),
    "unknown-probe-near": Words(
        "the catalogue has no probe '{probe}'; did you mean '{near}'?", "目录中没有探测 {probe}；是否指 {near}？"
    ),
    "other-probe": Words(
        "{probe} was measured with {key} '{said}'; in the catalogue it has '{wanted}'",
        "{probe} 测量时的 {key} 为 {said}，目录中为 {wanted}",
    ),
    "measured-again": Words(
        "wide, so measured again in fresh processes: {probes:, }", "区间较宽，因此在新进程中重测：{probes:、}"
    ),
    "not-steady": Words("{side} never became steady", "{side} 始终没有稳定下来"),
    "ready": Words(
        "{side} ready in {seconds:.1f} s",
        "{side} 已就绪，用时 {seconds:.1f} 秒",
        "{side} is loaded ({seconds:.1f} s).",
        "{side} 已加载（{seconds:.1f} 秒）。",
    ),
    # ------------------------------------------------------------ clusters
    "no-ray": Words("Ray is not installed; add it: {command}", "未安装 Ray；安装命令：{command}"),
    "no-cluster": Words(
        "no Ray cluster at {address}: {why}; 'ray status' on a machine of the cluster shows whether it runs",
        "{address} 处没有 Ray 集群：{why}；可在集群的机器上用“ray status”查看它是否在运行",
    ),
    "cluster-lost": Words(
        "the connection to the cluster was lost; what had arrived is kept", "与集群的连接中断；已收到的结果均保留"
    ),
    "node-lost": Words("the node was lost: {why}", "节点失联：{why}"),
    "node-silent": Words("the node gave no answer within {seconds:.0f} s", "节点在 {seconds:.0f} 秒内没有回应"),
    "node-failed": Words("the session failed on the node: {detail}", "节点上的测量失败：{detail}"),
    "node-without-program": Words(
        "{python} on the node cannot load this program ({why}); install framework-advisor there",
        "节点上的 {python} 无法加载本程序（{why}）；请在该节点安装 framework-advisor",
    ),
    "node-runs-nothing": Words(
        "the cluster gives the node no CPU, so nothing runs there", "集群没有给该节点分配 CPU，无法在其上运行"
    ),
    "node-busy": Words(
        "other work kept the node busy for {seconds:.0f} s; a measurement needs all of it",
        "其他任务占用该节点达 {seconds:.0f} 秒；测量需要整个节点",
    ),
    "node-unreadable": Words("what the node sent cannot be read: {why}", "无法读取节点发来的内容：{why}"),
    "node-line": Words(
        "what was told of the node cannot be read: {why}; what had arrived is kept",
        "无法读取关于该节点的消息：{why}；已收到的结果均保留",
    ),
    "node-evidence": Words(
        "what {node} sent cannot be used as evidence: {problems}", "{node} 发来的内容不能用作证据：{problems}"
    ),
}
"""Code -> its words. A gap's format is Python's; of several things, what stands between them."""

_SIDES = frozenset({"side", "other", "one", "framework"})
"""Parameters that hold the id of a framework or of an arm, which a reader may know by another name."""

_BETWEEN = {"en": "; ", "zh": "；"}

_STATUSES = {
    Status.OK: "完成",
    Status.NOT_INSTALLED: "未安装",
    Status.NOT_SUPPORTED: "不支持",
    Status.FAILED: "失败",
    Status.TIMED_OUT: "超时",
    Status.NOT_COMPARABLE: "不可比",
    Status.CANCELLED: "已取消",
    Status.SKIPPED: "已跳过",
}


def status(found: Status, lang: str) -> str:
    """Return how a probe ended, in a language."""
    return found.value if lang == "en" else _STATUSES[found]


class _Worded(str):
    """A reason inside another one: no format of numbers changes it."""

    __slots__ = ()

    def __format__(self, form: str) -> str:
        return str(self)


class _Several(tuple[str, ...]):
    """Several things in one gap, whose format is what stands between them."""

    __slots__ = ()

    def __format__(self, form: str) -> str:
        return form.join(self)


def text(reason: Reason, lang: str = "en", *, page: bool = False, names: Mapping[str, str] | None = None) -> str:
    """Return a reason in words.

    Args:
        reason: what is to be said.
        lang: "en" or "zh".
        page: whether it stands on a page, whose reader passes no options.
        names: framework -> how it is to be called; its id unless told.

    Raises:
        KeyError, ValueError, TypeError: the code has no words, or the parameters do not fit them.
    """

    return _text(reason, lang, page=page, names=names, depth=0)


DEEPEST = 8
"""Reasons within reasons, and lists within lists: ours go four deep, and each level may double what a word takes."""


def _text(reason: Reason, lang: str, *, page: bool, names: Mapping[str, str] | None, depth: int) -> str:
    def worded(name: str, value: Any, depth: int) -> Any:
        if depth > DEEPEST:
            raise ValueError(f"a reason is nested more than {DEEPEST} deep")
        if isinstance(value, Reason):
            return _Worded(_text(value, lang, page=page, names=names, depth=depth))
        if isinstance(value, tuple):
            return _Several(str(worded(name, one, depth + 1)) for one in value)
        return names.get(value, value) if names and name in _SIDES and isinstance(value, str) else value

    pattern = CATALOGUE[reason.code].in_(lang, page=page)
    made = {name: worded(name, value, depth + 1) for name, value in reason.params.items()}
    return "".join(_filled(pattern, made, between=_BETWEEN[lang]))


def _filled(pattern: str, params: Mapping[str, Any], *, between: str) -> Iterator[str]:
    """Fill a pattern's gaps; several things without a word of what stands between them get the language's own."""
    for plain, name, form, _ in string.Formatter().parse(pattern):
        yield plain
        if name is not None:
            value = params[name]
            yield format(value, form or (between if isinstance(value, _Several) else ""))


def document(reason: Reason) -> dict[str, Any]:
    """Return the keys by which evidence and events hold a reason: ``reason``, ``reason_code``, ``reason_params``."""
    plain = reason.plain()
    return {"reason": text(reason), "reason_code": plain["code"], "reason_params": plain["params"]}


def note(reason: Reason) -> dict[str, Any]:
    """Return the event that tells of something beside the results: ``text`` in English, and the same as data."""
    held = document(reason)
    return {"event": "note", "text": held.pop("reason"), **held}


def read(held: Mapping[str, Any]) -> Reason:
    """Return the reason that evidence or an event holds.

    What has no code (evidence of earlier versions), one of another version, or parameters of another form (evidence
    comes from strangers too) is its English sentence, verbatim.

    Args:
        held: as ``document`` or ``note`` made it.
    """
    try:
        found = Reason.of({"code": held["reason_code"], "params": held["reason_params"]})
        text(found), text(found, page=True)
    except (KeyError, ValueError, TypeError, AttributeError, RecursionError):
        return Reason(VERBATIM, detail=str(held.get("reason") or held.get("text") or ""))
    return found


class Explained(Protocol):
    """What holds a reason as evidence does: a measurement, a row of a table of routes."""

    @property
    def reason(self) -> str:
        """An English sentence."""

    @property
    def reason_code(self) -> str:
        """An entry of ``CATALOGUE``; "" in evidence of earlier versions."""

    @property
    def reason_params(self) -> Mapping[str, Any]:
        """What fills its words."""


def of(found: Explained) -> Reason:
    """Return why a measurement, or a row, holds no figure."""
    return read({"reason": found.reason, "reason_code": found.reason_code, "reason_params": found.reason_params})


def absent(probe: Probe, status: Status, reason: Reason, *, parity: Mapping[str, Any] | None = None) -> Measurement:
    """Return a measurement that holds no figure, and why."""
    return Measurement.of(probe, status, parity=parity, **document(reason))
