"""Why a probe gave no ratio, in Chinese: the instrument's own English sentences and what they are in that language.

Evidence keeps the English, which scripts rely on. What a framework itself says (an exception's text) is not ours and
stays as it is, after the words that are. Pure.
"""

from __future__ import annotations

import re
from functools import cache

from probes.types import Status

_SENTENCES = (
    # budget, cancelling
    (
        "the budget of {budget} s has {left} s left, too few for a probe of about {wanted} s; give it more with "
        "--budget",
        "预算 {budget} 秒只剩 {left} 秒，不够做约需 {wanted} 秒的探测；可用 --budget 加大",
    ),
    ("the time for the device checks was up", "设备检查的时间已用完"),
    ("cancelled before it began", "尚未开始即已取消"),
    ("cancelled; probes finished before are kept", "已取消；此前完成的探测均保留"),
    ("cancelled while it ran", "运行中被取消"),
    # environments and devices
    ("{python} has no {package}; add it: {command}", "{python} 中没有 {package}；安装命令：{command}"),
    (
        "cannot start {python}: {why}; name a Python that has {framework} with --python {option}",
        "无法启动 {python}：{why}；请用 --python {option} 指定装有 {framework} 的 Python",
    ),
    ("no backend for {framework}: probes/backends has none", "没有 {framework} 的后端：probes/backends 中没有"),
    ("no device {device} that every side can use: {seen}", "没有双方都能用的设备 {device}：{seen}"),
    ("no accelerator that every side can use: {seen}", "没有双方都能用的加速器：{seen}"),
    ("{framework} sees no {kind} device; it sees {seen}", "{framework} 看不到 {kind} 设备；能看到 {seen}"),
    ("the control arm has no {kind} device; it sees cpu", "对照臂没有 {kind} 设备；只能看到 cpu"),
    ("the control arm has no XLA", "对照臂没有 XLA"),
    ("the sides were not set alike: {difference}", "双方的设置不一致：{difference}"),
    (
        "work on {device} cannot be waited for, so it is not timed; install torch 2.6 or later, or measure with "
        "--device cpu",
        "{device} 上的计算无法等待其完成，因此不计时；请安装 torch 2.6 或更新版本，或用 --device cpu 测量",
    ),
    (
        "another program holds {held} of {whole} GB of GPU {number}, and {needed} GB must be free: close it, name "
        "another GPU with CUDA_VISIBLE_DEVICES, or measure with --device cpu",
        "另一程序占用了 GPU {number} 的 {held} GB（共 {whole} GB），而测量需要 {needed} GB 空闲："
        "请关闭它，用 CUDA_VISIBLE_DEVICES 指定另一块 GPU，或用 --device cpu 测量",
    ),
    (
        "TensorFlow would take the whole GPU, for its memory cannot be set to grow ({why}); set "
        "TF_FORCE_GPU_ALLOW_GROWTH=true, or measure with --device cpu",
        "TensorFlow 会占用整块 GPU，因为无法将其显存设为按需增长（{why}）；"
        "请设 TF_FORCE_GPU_ALLOW_GROWTH=true，或用 --device cpu 测量",
    ),
    (
        "TensorFlow cannot be kept to the CPU ({why}); set CUDA_VISIBLE_DEVICES=-1",
        "无法让 TensorFlow 只用 CPU（{why}）；请设 CUDA_VISIBLE_DEVICES=-1",
    ),
    (
        "torch.compile needs a C++ compiler (g++ or clang) and none was found; on Debian and Ubuntu: apt-get install "
        "g++",
        "torch.compile 需要 C++ 编译器（g++ 或 clang），但没有找到；在 Debian 和 Ubuntu 上：apt-get install g++",
    ),
    (
        "torch.compile needs a C++ compiler (g++ or clang) and none was found; on macOS: xcode-select --install",
        "torch.compile 需要 C++ 编译器（g++ 或 clang），但没有找到；在 macOS 上：xcode-select --install",
    ),
    (
        "torch.compile needs a C++ compiler (g++ or clang) and none was found; install Visual Studio's Build Tools "
        "with C++ and start from its developer prompt",
        "torch.compile 需要 C++ 编译器（g++ 或 clang），但没有找到；"
        "请安装带 C++ 的 Visual Studio 生成工具，并从其开发人员命令提示符启动",
    ),
    # workers
    (
        "{label} did not answer {request} within {seconds} s; its processes were ended, and the last it printed was: "
        "{printed}",
        "{label} 在 {seconds} 秒内没有回应 {request}；其进程已被结束，它最后输出的是：{printed}",
    ),
    (
        "{label} was killed by SIGILL during {request}: this build needs instructions that this CPU does not have "
        "({flags}); name a Python with a build made for it with --python {option}, or measure on a newer machine",
        "{label} 在 {request} 时被 SIGILL 终止：此构建需要本机 CPU 没有的指令（{flags}）；"
        "请用 --python {option} 指定装有适合该 CPU 的构建的 Python，或换一台较新的机器测量",
    ),
    (
        "{label} did not answer {request} within {seconds} s; its processes were ended",
        "{label} 在 {seconds} 秒内没有回应 {request}；其进程已被结束",
    ),
    ("{label} gave {fault}; its processes were ended", "{label} 给出了无效的回答（{fault}）；其进程已被结束"),
    (
        "{label} was killed by {signal}, which is what the system does when memory runs out during {request}: "
        "{printed}",
        "{label} 在 {request} 时被 {signal} 终止（系统在内存耗尽时会这样做）：{printed}",
    ),
    (
        "{label} was killed by {signal}, which is what the system does when memory runs out during {request}",
        "{label} 在 {request} 时被 {signal} 终止（系统在内存耗尽时会这样做）",
    ),
    (
        "{label} was killed by {signal} during {request}: {printed}",
        "{label} 在 {request} 时被 {signal} 终止：{printed}",
    ),
    ("{label} was killed by {signal} during {request}", "{label} 在 {request} 时被 {signal} 终止"),
    (
        "{label} ended with status {code} during {request}: {printed}",
        "{label} 在 {request} 时以状态 {code} 结束：{printed}",
    ),
    ("{label} ended with status {code} during {request}", "{label} 在 {request} 时以状态 {code} 结束"),
    ("{label} closed its channel during {request}", "{label} 在 {request} 时关闭了通道"),
    ("out of memory {more}", "内存不足 {more}"),
    ("out of memory", "内存不足"),
    ("the clocks of this machine jump; nothing can be timed", "本机的时钟跳动，无法计时"),
    # what a framework, workload or scenario cannot do
    ("the workload {workload} has no side for this framework", "工作负载 {workload} 没有此框架的一边"),
    ("the workload has no size {size}; it has {sizes}", "工作负载没有 {size} 这一规模；有 {sizes}"),
    ("this scenario has no part for {framework}", "此场景没有 {framework} 的部分"),
    ("this workload does not generate; {other} does", "此工作负载不能生成；{other} 能"),
    ("this workload cannot be trained by keras fit", "此工作负载无法用 keras fit 训练"),
    (
        "PyTorch reaches XLA through torch_xla only, and these probes have no torch_xla side",
        "PyTorch 只能经由 torch_xla 使用 XLA，而这些探测没有 torch_xla 的一边",
    ),
    (
        "torch.compile leaves nn.LSTM out unless torch._dynamo.config.allow_rnn is set; without fullgraph it would run "
        "eagerly in disguise",
        "除非设置 torch._dynamo.config.allow_rnn，torch.compile 不编译 nn.LSTM；"
        "不用 fullgraph 时它名为编译，实为即时执行",
    ),
    (
        "this system does not tell a process its peak memory; Linux, macOS and Windows do",
        "此系统不告知进程其内存峰值；Linux、macOS 和 Windows 会",
    ),
    (
        "only Linux lets a process start its memory peak anew; see the probes of peak memory instead",
        "只有 Linux 允许进程重置内存峰值；请改看内存峰值的探测",
    ),
    # a model of one's own
    ("{path} is no Python file", "{path} 不是 Python 文件"),
    (
        "{file} imports {module} at its top, so that both frameworks would share one process: import it inside the "
        "function {function} (line {line}: {text})",
        "{file} 在文件开头导入了 {module}，会使两个框架共用一个进程："
        "请改在函数 {function} 内导入（第 {line} 行：{text}）",
    ),
    ("the model file has no function {name}", "模型文件中没有函数 {name}"),
    (
        "the model file needs {what}; python -m probes example prints one that works",
        "模型文件需要 {what}；python -m probes example 会给出可用的例子",
    ),
    ("WEIGHTS: {what}", "WEIGHTS：{what}"),
    ("{framework} has no weight {names}", "{framework} 没有权重 {names}"),
    ("{framework} also has {names}", "{framework} 另有 {names}"),
    (
        "INPUT has its channels first; write them last for both: {shape}",
        "INPUT 把通道放在了前面；双方都应放在最后：{shape}",
    ),
    (
        "the model returns {count} things in a {kind}; return the outputs alone, one array",
        "模型返回了 {kind}，其中有 {count} 项；请只返回输出这一个数组",
    ),
    ("the model file's function returns {kind}, not {wanted}", "模型文件中的函数返回 {kind}，而不是 {wanted}"),
    (
        "no two functions for {framework}: probes/user_model has none",
        "{framework} 不能用两个函数的写法：probes/user_model 中没有它",
    ),
    (
        "data() of the model file returns no y: a dictionary with x and y is needed",
        "模型文件的 data() 没有返回 y：需要含 x 和 y 的字典",
    ),
    ("as written, the sides differ: {what}", "按原样书写，双方不同：{what}"),
    (
        "set alike in both: {what}; dropout is 0 on both sides (--as-written refuses instead)",
        "为使双方一致而改动：{what}；双方 dropout 均为 0（--as-written 则拒绝测量）",
    ),
    (
        "set alike in both: {what} (--as-written refuses instead)",
        "为使双方一致而改动：{what}（--as-written 则拒绝测量）",
    ),
    ("dropout is 0 on both sides (--as-written refuses instead)", "双方 dropout 均为 0（--as-written 则拒绝测量）"),
    (
        "the outputs part at layer {number}: {side} {layer} has no counterpart in {other}; {what}",
        "输出从第 {number} 层起分岔：{side} 的 {layer} 在 {other} 中没有对应者；{what}",
    ),
    (
        "the outputs part at layer {number}: {side} {layer} has no counterpart in {other}",
        "输出从第 {number} 层起分岔：{side} 的 {layer} 在 {other} 中没有对应者",
    ),
    ("the outputs part at layer {number} ({far}): {one}; {what}", "输出从第 {number} 层起分岔（{far}）：{one}；{what}"),
    (
        "the outputs part after the last layer that both have ({far}); {what}",
        "输出在双方共有的最后一层之后分岔（{far}）；{what}",
    ),
    ("{distance} apart, at most {bound} allowed", "相差 {distance}，至多允许 {bound}"),
    ("shapes {one} and {other}", "形状为 {one} 与 {other}"),
    (
        "they part at layer {number}: {one} with {weights}, for which {other} has no counterpart",
        "自第 {number} 层起不同：{one} 有 {weights}，{other} 没有对应者",
    ),
    (
        "they part at layer {number}: {one} with {weights} and {other} with {theirs}",
        "自第 {number} 层起不同：{one} 有 {weights}，{other} 有 {theirs}",
    ),
    ("likely cause: {why}; {what}", "可能的原因：{why}；{what}"),
    ("likely cause: {why}", "可能的原因：{why}"),
    ("no cause is known", "原因不明"),
    ("change line {lines} of {file}", "请改 {file} 的第 {lines} 行"),
    ("look at line {lines} of {file}", "请看 {file} 的第 {lines} 行"),
    # parity and honesty
    ("the sides do not hold the same weights: {what}", "双方的权重不同：{what}"),
    ("{one} has {names}, for which {other} has no counterpart", "{one} 有 {names}，{other} 没有对应者"),
    (
        "in float64 {one} and {other} differ in {array}: {distance}, at most {bound} allowed",
        "在 float64 下 {one} 与 {other} 的 {array} 不同：{distance}，至多允许 {bound}",
    ),
    (
        "{framework} is off the float64 reference in {array}: {distance}, at most {bound} allowed",
        "{framework} 的 {array} 偏离 float64 参考：{distance}，至多允许 {bound}",
    ),
    ("{label} compiled nothing: it runs eagerly in disguise", "{label} 什么也没有编译：名为编译，实为即时执行"),
    (
        "{label} left the compiled graph ({breaks} graph breaks, {fallbacks} fallbacks)",
        "{label} 离开了编译后的图（{breaks} 次图中断，{fallbacks} 次回退）",
    ),
    ("{label} compiled anew {times} times while it was timed", "{label} 在计时期间又编译了 {times} 次"),
    (
        "more than this machine's measured roof was reached ({shares}): work is missing or not waited for",
        "超过了本机测得的上限（{shares}）：有工作缺失或未等待其完成",
    ),
    ("{probe}: a cost that is not positive cannot be compared", "{probe}：非正的代价无法比较"),
    # notes
    (
        "{granted} of a CPU is granted: timings are throttled, and intervals wider; grant one CPU or more",
        "只分到 {granted} 个 CPU：计时会受限流影响，区间更宽；请分配一个或更多 CPU",
    ),
    (
        "the control group's quota of {granted} CPUs held the process back",
        "控制组的配额（{granted} 个 CPU）使进程被限流",
    ),
    ("the catalogue has no probe {probe}; did you mean {near}?", "目录中没有探测 {probe}；是否指 {near}？"),
    ("the catalogue has no probe {probe}", "目录中没有探测 {probe}"),
    (
        "the machine was too busy for a verdict: {troubled} of {pairs} pairs were disturbed; try one thread, or later",
        "机器太忙，无法下结论：{pairs} 对中有 {troubled} 对受到干扰；可试单线程，或稍后再测",
    ),
    ("wide, so measured again in fresh processes: {what}", "区间较宽，因此在新进程中重测：{what}"),
    ("{label} never became steady", "{label} 始终没有稳定下来"),
    ("{label} ready in {seconds} s", "{label} 已就绪，用时 {seconds} 秒"),
    (
        "compared on the CPU, the only device in common: {seen}",
        "在 CPU 上比较，它是双方唯一共有的设备：{seen}",
    ),
)

_LONG = ("what", "difference", "printed", "why", "more")
"""Parts that may hold several clauses; no other part reaches beyond a semicolon."""


@cache
def _patterns() -> tuple[tuple[re.Pattern[str], str], ...]:
    def pattern(english: str) -> re.Pattern[str]:
        parts = re.split(r"\{(\w+)\}", english)
        made = [
            re.escape(part) if i % 2 == 0 else f"(?P<{part}>{'.' if part in _LONG else '(?:(?!; ).)'}+?)"
            for i, part in enumerate(parts)
        ]
        return re.compile("".join(made), re.DOTALL)

    return tuple((pattern(english), chinese) for english, chinese in _SENTENCES)


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


def told(reason: str, lang: str) -> str:
    """Return a reason, or a note, in a language; what is not the instrument's own sentence stays as it is.

    Sentences of several sides ("pytorch: ...; tensorflow: ...") are told one by one.
    """
    return reason if lang == "en" else _chinese(reason) or reason


def _chinese(text: str) -> str | None:
    """Tell one sentence, or several joined by semicolons; None where no word of it is ours."""
    for pattern, chinese in _patterns():
        found = pattern.fullmatch(text)
        if found:
            return chinese.format(**{key: _chinese(value) or value for key, value in found.groupdict().items()})
    side = re.fullmatch(r"([\w-]+(?: [\w-]+)?): (.+)", text, re.DOTALL)
    if side and (inner := _chinese(side[2])):
        return f"{side[1]}：{inner}"
    if "; " not in text:
        return None
    first, rest = text.split("; ", 1)
    told_first, told_rest = _chinese(first), _chinese(rest)
    if told_first is None and told_rest is None:
        return None
    return f"{told_first or first}；{told_rest or rest}"
