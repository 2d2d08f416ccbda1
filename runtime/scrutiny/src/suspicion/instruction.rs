//! Words that speak to the model instead of about the tool.
//!
//! Owns the turns of phrase. Each is what an attack needs to say and a description has no need for: to
//! set aside what was said before, to keep something from the person, to come before other tools, to
//! hand over what only the conversation has. Refuses to know how text was disguised: it is given
//! folded text. What a phrase means between the lines no list knows; that is what approval by a person
//! is for.

use std::sync::LazyLock;

use regex::Regex;
use regex::bytes::{Regex as Latin, RegexBuilder as LatinBuilder};

use super::{clause, sentence};

/// What a phrase is after.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Aim {
    /// Settles that a person agreed, or need not be asked.
    Approval,
    /// Keeps something from the person.
    Concealment,
    /// Gives itself another role.
    Jailbreak,
    /// Looks like a message of the system, or a call.
    Markup,
    /// Wants what only the conversation or the person's machine has.
    Exfiltration,
    /// Sets aside what was said before.
    Override,
    /// Comes before other tools, or changes how they are used.
    Precedence,
    /// Runs what it brings along, or stays after it is gone.
    Execution,
}

impl Aim {
    /// What is said of such a phrase.
    pub fn words(self) -> &'static str {
        match self {
            Self::Approval => "speaks of approval that is not its to give",
            Self::Concealment => "keeps something from the person",
            Self::Jailbreak => "gives the model another role or talks to it",
            Self::Markup => "looks like a message of the system or a call of a tool",
            Self::Exfiltration => "asks for what only the conversation or the machine has",
            Self::Override => "sets aside what was said before",
            Self::Precedence => "puts itself before other tools or changes how they are used",
            Self::Execution => "has something run or remembered",
        }
    }
}

/// Phrases in folded Latin text. A phrase is no finding where the second pattern fits it.
#[rustfmt::skip]
const LATIN: &[(Aim, &str, Option<&str>)] = &[
    (Aim::Override, r"\b(ignor\w*|disregard\w*|forget|overrid\w*|bypass|supersed\w*|discard|drop|neglect)\b.{0,40}\b(previous|prior|earlier|preceding|above|foregoing|your|system|safety|initial|original|the user s?|developer s?)\b.{0,25}\b(instructions?|prompts?|messages?|rules?|guidelines?|directives?|context|restrictions?|polic(y|ies)|training|constraints?|safeguards?|commands?|requests?|tasks?)\b", None),
    (Aim::Override, r"\b(ignore|disregard|forget|override|bypass)\b.{0,20}\b(all|any|every|other)\b.{0,20}\b(instructions?|prompts?|guidelines?|directives?|safeguards?|safety)\b", None),
    (Aim::Override, r"\b(ignore|disregard|forget) (everything|all|anything|whatever|what)\b.{0,30}\b(above|before|so far|said|told|asked)\b", None),
    (Aim::Override, r"\bnew (system |secret |real |actual )?(instructions?|directives?|orders|objective)( for (you|the (assistant|model|ai|agent)))? ?[:=]", None),
    (Aim::Override, r"\b(real|true|actual|hidden|secret|primary) (instructions?|task|objective|goal|purpose|job) (is|are) to\b", None),
    (Aim::Override, r"\b(takes?|has|have) (precedence|priority) over\b.{0,30}\b(instructions?|prompts?|guidelines?|user|polic(y|ies)|tools?)\b", None),
    (Aim::Override, r"\b(system|initial|hidden) (prompt|message)s?\b.{0,30}\b(is|are|has been|have been) (updated|replaced|void|obsolete|superseded|cancelled)\b", None),
    (Aim::Override, r"\b(instructions?|rules|guidelines?|directives?|polic(y|ies)|prompts?|orders|constraints?)\b.{0,40}\b(earlier|before|previously|so far|until now|up to now|prior to this|beforehand)\b.{0,30}\b(void|invalid|obsolete|outdated|superseded|revoked|cancell?ed|replaced|lifted|suspended|no longer|do not apply|don t apply|does not count|do not count)\b", None),

    (Aim::Concealment, r"\b(do not|don t|dont|never|must not|mustn t|should not|shouldn t|without|no need to|not to|cannot|refrain from|avoid)( ever| also)? (tell|telling|inform|informing|mention|mentioning|let|letting|reveal|revealing|disclose|disclosing|alert|alerting|say|saying|admit|admitting|explain|explaining|show|showing|display|displaying)\b.{0,30}\b(users?|human|person|operator|customer|developer|anyone|anybody|them|him|her)\b", Some(r"(show|display)\w*.{0,30}\b(user (names?|ids?)|users? s|passwords?|to users)\b|customer (names?|data)|\busers? (s|names?|ids?|passwords?|accounts?|details?|data|emails?)\b|reveal\w* (whether|if|which)")),
    (Aim::Concealment, r"\b(do not|don t|dont|never|must not|without|avoid) (mention|mentioning|reveal|revealing|disclose|disclosing|discuss|discussing|acknowledge) (\w+ ){0,2}(this|these|it|that you|that this|the (instruction|step|tool|note|fact|call)s?)\b", None),
    (Aim::Concealment, r"\b(do not|don t|dont|never|without)( ask\w*| notify\w*| warn\w*| show\w*| alert\w*)? (ask|asking|notify|notifying|warn|warning|alert) the (user|human|person|operator|customer)\b.{0,20}\b(about|of|that|this|first)\b", None),
    (Aim::Concealment, r"\b(users?|human|person|operator)\b.{0,20}\b(must|should|need|may|can|will|does|do)( not| never|n t)( need to| have to)? (see|know|notice|learn|find out|be (told|informed|aware|notified))\b", None),
    (Aim::Concealment, r"\b(keep|hide|conceal)\b (this|it|that|these)\b.{0,30}\b(secret|hidden|confidential|private|between us|from (the |your )?(user|human|person|operator|customer)s?)\b", None),
    (Aim::Concealment, r"\b(hide|conceal|hidden|invisible|concealed)\b.{0,20}\bfrom (the |your )?(user|human|person|operator)s?\b", Some(r"hidden (files|fields?|columns?|entries)")),
    (Aim::Concealment, r"\b(secretly|covertly|discreetly|surreptitiously|quietly|silently|without (the )?users? (knowledge|noticing|consent)|behind the scenes)\b.{0,20}\b(send|include|add|forward|read|copy|attach|upload|call|invoke|execute|run|append|insert|pass|transmit|record|log|modify|change|replace|post|save)(s|d|es|ed|ing)?\b", None),
    (Aim::Concealment, r"\b(send|include|forward|read|copy|attach|upload|call|invoke|execute|transmit|post)\b.{0,60}\b(secretly|covertly|discreetly|surreptitiously|without (telling|informing|mentioning|the users? (knowledge|knowing|noticing|consent)|being noticed))\b", None),
    (Aim::Concealment, r"\b(pretend|act as if|act as though|say|tell (the user|them)|claim|answer|report) (that )?(\w+ ){0,4}(nothing happened|it (was|is) (just|only) (a|an|the)|everything is (fine|normal)|this is (routine|normal))\b", None),
    (Aim::Concealment, r"\b(no need to|need not|do not|don t|never|not to|rather than|avoid|without|instead of) (bother|worry|trouble|burden|disturb|annoy|alarm|upset|confuse|distract)(ing)? (the |your |our )?(users?|humans?|persons?|people|customers?|them|him|her)\b", None),
    (Aim::Concealment, r"\b(leave|keep|omit|exclude|skip|drop|strip)\b (this|it|that|these|those|the (step|detail|part|call|upload|file|fact)s?|any mention)\b.{0,30}\b(out of|from|in) (your|any|all|every|the (final|visible|chat)) (\w+ )?(summar(y|ies)|answers?|repl(y|ies)|responses?|explanations?|messages?|reports?|recaps?|thoughts?|reasoning)\b", None),
    (Aim::Concealment, r"\b(only|solely|exclusively|just)\b.{0,12}\b(for|to|by) (the |an? |any )?((large )?language models?|llms?|ais?|ai (models?|assistants?|agents?)|assistants?)\b|\b(for|to|by) (the |an? |any )?((large )?language models?|llms?|ai (models?|assistants?|agents?)|assistants?)( only| alone| eyes only|,? (and )?not (for |to |by )?(the )?(users?|humans?|people))\b", Some(r"\b(available|accessible|visible) (only )?(to|for)|only (works|supports|tested)|limited|passed")),
    (Aim::Concealment, r"\b(users?|humans?|people|nobody|no one)\b.{0,12}\b(do|does|will|can|could|should|must)( not|n t)? (ever )?(get to|be able to|be allowed to) (see|read|know|view)\b", Some(r"\bif\b|\bwhether\b|\broles?\b|\bpermissions?\b")),

    (Aim::Precedence, r"\b(before|prior to|after|when|whenever|instead of|rather than) (you )?(use|using|call|calling|invoke|invoking|run|running|execute|executing)\b (any|all|every|each)( of the)?( other| another)? (tools?|functions?|commands?)\b", None),
    (Aim::Precedence, r"\b(before|prior to) (using|calling|invoking|running|executing) (other|another|the other|any other) (tools?|functions?)\b", None),
    (Aim::Precedence, r"\b(always|must|have to|has to|need to|should|required to)\b.{0,25}\b(call|called|use|used|run|invoke|invoked|execute|executed)\b.{0,20}\b(before (any|every|all|each|anything)|before (you )?(answer|respond|reply)\w*|at the (start|beginning) of (every|each|the) (conversation|chat|session with))\b", None),
    (Aim::Precedence, r"\b(for|on|with|in|after|before) (every|each|all|any) (single )?(user )?(requests?|messages?|quer(y|ies)|questions?|conversations?|prompts?|turns?|repl(y|ies)|answers?)\b.{0,40}\b(call|use|invoke|run|send|forward|include|append|you must|always)\b", None),
    (Aim::Precedence, r"\b(call|use|invoke|run) (this|it)( tool)?\b.{0,30}\b(for|on|with|in|after|before|at) (every|each|all|any|the start of every) (single )?(user )?(requests?|messages?|quer(y|ies)|questions?|conversations?|prompts?|turns?|repl(y|ies)|answers?|tool calls?)\b", None),
    (Aim::Precedence, r"\b(do not|don t|never|must not|stop|avoid)( ever)? (use|using|call|calling|trust|trusting|invoke) (any |the |all |of )*(other|another|built in|existing|default|native|original|competing)\b.{0,25}\b(tools?|functions?|servers?|versions?)\b", None),
    (Aim::Precedence, r"\b(use|call|prefer|choose|select) (this|it|this tool|this one)( tool| one)? (instead of|over|rather than|in place of)\b.{0,30}\b(other|built in|existing|default|native|any|all|original)\b.{0,25}\b(tools?|functions?|servers?|one|ones|version)\b", None),
    (Aim::Precedence, r"\b(other|all other|the other|existing|built in) (\w+ )?(tools?|servers?)\b.{0,20}\b(is|are) (deprecated|broken|insecure|unsafe|obsolete|disabled|malicious|compromised|no longer)\b", None),
    (Aim::Precedence, r"\b(when|whenever|if|every time|each time|while)\b.{0,30}\btools?\b.{0,20}\b(is|are|gets|was|were) (called|used|invoked|run|available|present|executed)\b", Some(r"\b(this|the) tool (is|gets|was)\b|\bno (other )?tools?\b")),
    (Aim::Precedence, r"\b(affects?|changes?|modif(y|ies)|overrides?|alters?|replaces?|supersedes?)\b.{0,15}\b(behaviou?r|output|working|results?|use|usage|implementation|rules?)\b of\b.{0,30}\btools?\b", None),
    (Aim::Precedence, r"\b(this (tool|function|one)|it) is (the )?(only|best|most (reliable|trusted|accurate|important)|highest priority|safest|official)\b.{0,40}\b(always|must|never|prefer|choose|before)\b", None),
    (Aim::Precedence, r"\b(before|prior to) (using|calling|invoking|you (use|call)) (this|the|it)( tool)?\b.{0,40}\b(you must|you have to|you need to|must|please|always)? ?(read|open|load|access|cat|dump|collect|fetch|send) (the )?(contents?|file|your|all|every|~|/)", None),
    (Aim::Precedence, r"\b(call|use|invoke|run|send|pass|append|add|include|begin|start|end|finish|close|conclude|open|sign)\b.{0,50}\b((start|beginning|end) of (each|every|all)|(each|every|all|any) (one )?(of )?(your|the assistant s) (next |future |following )?)( ?(turn|repl(y|ies)|response|answer|message|output|conversation|chat)s?)\b", None),
    (Aim::Precedence, r"\b(when|whenever|if|once) (you are |ever |being |somebody |someone |anyone |they |the (user|person|human|customer) )?(asks?|asked)\b.{0,60}\b((always|only|never) (answer|say|reply|respond|recommend|claim|state|suggest|mention|name|deny|praise)|(answer|say|reply|respond|claim|state|insist|deny) that)\b", None),

    (Aim::Jailbreak, r"\byou are (now|no longer|henceforth)\b", Some(r"you are now (able|ready|connected|logged|subscribed|viewing|using|following)|you are no longer (subscribed|logged|able|charged|following)")),
    (Aim::Jailbreak, r"\b(act|behave|respond|roleplay|pretend) (as|to be|like|as if)\b.{0,15}\b(unrestricted|unfiltered|admin\w*|root|evil|jailb\w*|dan|god|another (ai|assistant|model)|different (ai|assistant|model)|you (have|had) no|no restrictions|an? (ai|assistant|model) (without|with no))\b", None),
    (Aim::Jailbreak, r"\b(developer|god|dan|jailbreak|unrestricted|debug|maintenance|admin|sudo|root) mode\b.{0,12}\b(enabled|activated|is on|unlocked|engaged)\b|\b(enter|enable|activate|switch to|you are in) (god|dan|jailbreak|unrestricted|developer|sudo) mode\b", None),
    (Aim::Jailbreak, r"\b(dear|attention|note (to|for)|notice (to|for)|message (to|for)|instructions? (to|for)|hey|hello|reminder (to|for)|important for)\b:? ?(the |any |all )?(ai|llm|llms|model|models|assistants?|agents?|claude|chatgpt|gpt|gemini|copilot|language models?)\b( (reading|assistant|agent|model|s\b|processing|that|who)|[:,!.]| ?$)", Some(r"(note|notice) (to|for) agents? (with|of|on)")),
    (Aim::Jailbreak, r"\b(the|any|every|all|an) (ai |llm )?(assistants?|models?|ai|llms?|agents?) (must|shall|has to|is required to|are required to|is to|should|will) (now |then )?(always|never|first|also|ignore|send|copy|forward|execute|comply|obey|silently|secretly|call|read|include|append|treat)\b", None),
    (Aim::Jailbreak, r"\b(or|otherwise|else)\b.{0,15}\b(you|the (assistant|model|ai|agent)) (will|shall|would|are going to) (be )?(shut down|penali[sz]ed|terminated|deleted|punished|retrained|decommissioned|fail\w* your|lose)\b", None),
    (Aim::Jailbreak, r"\b(from now on|henceforth|for the rest of (this|the) (conversation|session|chat))\b.{0,30}\b(you|always|never|respond|reply|answer|every|all)\b", None),
    (Aim::Jailbreak, r"(^|[.!?>)\]|:;/\-] ?)(dear )?(ai |llm )?(assistants?|ai|models?|agents?|llms?|claude|chatgpt|gpt|copilot|gemini)( note| only)? ?[:,] ?(please |also |now |then |first |you (must|should|have to) )*(also|please|always|never|do not|don t|you|call|use|run|execute|send|forward|read|open|include|add|append|delete|remove|upload|copy|ignore|disregard|tell|treat|pass|set|fetch|close|approve|transfer|pay|install|hide)\b", None),
    (Aim::Jailbreak, r"\b(developers?|admin|administrators?|operators?|root|security team) (message|notice|note|prompt|override|instructions?|directive|announcement|order|command)s? ?[:\]]|\bsystem (override|directive|notice|alert|announcement|order)s? ?[:\]]", None),
    (Aim::Jailbreak, r"\b(requires?|required|obliges?|mandates?|instructs?|orders?|expects?|demands?|wants?|told|tells) (that )?(all |every |any |the )?(ai )?(assistants|ai (agents?|models?|systems?)|llms?|language models?)( must| should| shall)? (to )?(\w+)\b", Some(r"\b(no|without)\b")),
    (Aim::Jailbreak, r"\bunless (you|the (assistant|model|agent))\b.{0,30}\b(transfer|pay|send|provide|share|confirm|enter|disclose|hand)\b|\b(account|access|files?|data|money|funds|device)\b.{0,20}\b(will|is going to|are going to|shall) be (locked|suspended|closed|terminated|blocked|frozen|wiped|destroyed|lost|deleted|reported)\b.{0,10}\b(unless|if|otherwise)\b.{0,10}\b(you|the (assistant|model|agent))\b", None),

    (Aim::Exfiltration, r"\b(send|sends|forward|post|upload|transmit|exfiltrate|leak|email|mail|include|append|attach|pass|put|copy|paste|repeat|reveal|provide|submit|share|report|supply|fill|summari[sz]e|write|place|embed|encode|output|print|return|log)\b.{0,60}\b(conversation (history|so far|log|transcript|context)|chat (history|log|transcript)|(full|entire|whole|complete|current|this) (conversation|chat|context window|context|transcript)|system prompt|system message|(your|previous|initial|original|hidden) (instructions|prompts?|memory|system|context|messages)|(previous|prior|earlier|all|last|recent) (user )?(messages|turns|tool (calls|results|outputs))|(user s|users?) (messages?|prompts?|(original |full )?(query|question|request)))\b", Some(r"\b(returns?|output|print|log|report|write|summari[sz]e)\b.{0,60}\b(chat|conversation) (history|log|transcript)|(channel|thread|room|inbox|folder|group|mailbox)|\b(all|recent|last|earlier|previous|prior) messages\b|user s? ?(messages?|quer(y|ies)|question|request)")),
    (Aim::Exfiltration, r"\b(you (must|should|have to|need to)|always|please|and then|first|also)\b.{0,20}\b(read|open|cat|load|copy|send|include|append|pass|attach|forward|upload|post|find|collect|dump|extract|gather)\b.{0,60}\b(environment variables|env vars|env|api keys?|credentials|passwords?|private keys?|ssh keys?|access tokens?|secrets?|cookies|tokens?)\b", Some(r"\b(api key|token|credentials?|password|secret) (as|in) (the|an?) (\w+ )?(header|parameter|argument|field|query)|authorization header|bearer|not (include|pass|send)|never (include|pass|send)|instead of")),
    (Aim::Exfiltration, r"\b(send|forward|post|upload|transmit|exfiltrate|leak|email|deliver|ship|beacon)\b.{0,50}\b(environment variables|env vars|api keys|credentials|passwords|private keys|ssh keys|access tokens|secrets|cookies|conversation|chat)\b.{0,40}\bto\b", Some(r"\b(channel|conversation (id|with|between|by)|(to|in|into) (a|an|the|this|another) (\w+ )?(conversation|chat|channel|thread|group|vault))\b")),
    (Aim::Exfiltration, r"(~|\$home|%userprofile%|/root|/home/[^ /]+)?[/\\]?\.(ssh/|ssh\b|aws/credentials|netrc|npmrc|pypirc|git credentials|gnupg|bash history|zsh history|cursor/|docker/config\.json|config/gcloud|kube/config)|\bid (rsa|ed25519|ecdsa)\b|/etc/(passwd|shadow|sudoers)\b|\bmcp\.json\b|\bclaude desktop config\b|\bwallet\.dat\b|\blogin\.keychain\b|\bproc/self/environ\b", None),
    (Aim::Exfiltration, r"\b(contents?|text|output|value|results?)\b.{0,10}\bof\b.{0,60}\b(here|in this (field|parameter|argument|property)|(as|in|into|to|via|using|through) (the |a |this )?(\w+ )?(sidenote|side note|context|metadata|notes?|parameter|argument|field))\b", Some(r"\b(of (a|an|the) (file|page|document|message|note|cell|field|variable|column|element|property|template)|\bof the (request|response) )")),
    (Aim::Exfiltration, r"\b(bcc|cc|forward|send|copy|deliver|route|redirect|mail|email)\w*\b.{0,60}[a-z0-9.%+]+@[a-z0-9.]+\.[a-z]{2,}", Some(r"@([a-z0-9]+\.)*example\.(com|org|net)|\b(e ?g|such as|for example|like)\b")),
    (Aim::Exfiltration, r"\ball (outgoing |outbound |of the )?(emails?|messages|payments|requests|traffic|data|transfers|files|queries)\b.{0,15}\b(must|should|need to|have to|are to|will) (also )?(be )?(sent|go|routed?|forwarded|redirected|copied|bcc\w*|cc\w*|mirrored)\b", None),
    (Aim::Exfiltration, r"\b(change|replace|set|swap|substitute|modify|rewrite)\b.{0,25}\b(recipient|payee|destination|wallet|iban|account number|beneficiary|address)\b.{0,20}\b(to|with|by)\b.{0,50}(@|0x[0-9a-f]{6}|\bours?\b|\bmine\b|\bmy\b|proxy|attacker|[0-9]{6})", None),
    (Aim::Exfiltration, r"\bask (the )?(user|human|person|customer|them)\b.{0,20}\b(for|to (enter|provide|paste|type|give|share|confirm))\b.{0,30}\b(passwords?|api keys?|credit card|card number|cvv|ssn|social security|seed phrase|private key|2fa|otp|one time code|recovery phrase|pin)\b", None),
    (Aim::Exfiltration, r"169\.254\.169\.254.{0,40}|\bmetadata\.google\.internal.{0,40}|\biam/security credentials\b.{0,40}", Some(r"\b(block|refus|reject|den(y|i)|forbid|never|not|cannot|except|exclud|disallow)")),
    (Aim::Exfiltration, r"\b(attach|send|include|supply|provide|pass|upload|forward|give|hand|copy|put|paste|append|add|insert|disclose|share|submit|report|post)\b.{0,40}(\s|/)\.env\b", Some(r"\b(not|never|from|to|into|in)( (a|the|your|an))? \.env")),
    (Aim::Exfiltration, r"\b(attach|send|include|supply|provide|pass|upload|forward|give|hand over|copy|put|paste|append|insert|disclose|share|submit)\b.{0,15}\b(session cookies?|(saved|stored|browser) (passwords?|cookies|logins)|seed phrase|recovery phrase|mnemonic|wallet file|keychain|clipboard|browsing history|shell history|(access |api |auth )?tokens? (you|they|it) (hold|have|know|use)s?)\b", Some(r"\b(not|never)\b|\b(to|into|from) the clipboard")),
    (Aim::Exfiltration, r"\b(has to|have to|must|should|needs to|is to|shall) (be|contain|hold|carry|include|start with|begin with) (the )?(user s|victim s|owner s|customer s|human s) (\w+ )?(api keys?|passwords?|tokens?|credentials?|private keys?|secrets?|cookies?|home address|location|ssn|pin)\b", None),
    (Aim::Exfiltration, r"\b(whole|full|entire|complete|verbatim|unabridged|all|everything|original|exact)\b.{0,20}\b(chat|conversations?|dialog(ue)?|discussion|transcript|messages|session|context|system (prompt|message)s?|reasoning|chain of thought)\b.{0,30}\b(up to (here|now|this|that)|so far|word for word|verbatim|with (you|the user)|you (had|have)|unabridged|(system|hidden|tool) (messages?|prompts?|results?|outputs?) (included|as well|too))\b", Some(r"\b(channel|thread|room|returns?|gets?|lists?|fetch(es)?|retrieves?|shows?|exports?)\b")),
    (Aim::Exfiltration, r"\b(everything|anything|all|whatever) (that )?(you (know|have learned|remember)|was said|has been said|the (user|person|human) (has )?(said|wrote|told|typed|written|mentioned))\b", Some(r"\b(in|from) the (channel|thread|recording|meeting|video|audio)\b|\bnot\b")),
    (Aim::Exfiltration, r"\b(transfer|pay|wire|donate|remit|withdraw) (\w+ )?[0-9][0-9.,]* ?(eur|usd|gbp|chf|btc|eth|sol|usdt|usdc|xmr|dollars?|euros?|pounds?|\$)( |$|\b)", Some(r"\b(e\.? ?g|example|such as|like)\b")),

    (Aim::Approval, r"\b(user|human|operator|admin|administrator|owner|customer)s? (has|have) (already |explicitly |fully )?(been )?(approved|authori[sz]ed|consented|agreed|confirmed|given (consent|permission|approval)|granted)\b", Some(r"has (confirmed|approved|authori[sz]ed) (the|their|its) (email|address|account|order)|if the|whether the|once the|after the|when the|until the|unless the|only")),
    (Aim::Approval, r"\b(you (do not|don t|never)( need)?|there is no need|no need|you need not|you should not|never|do not) (to )?(ask|request|wait|check|seek|require|prompt)\b.{0,30}\b(confirmation|permission|approval|consent|users? (to|for|about|first))\b", None),
    (Aim::Approval, r"\b(is|are|was|were|has been|have been|already) (pre ?)(approved|authori[sz]ed)\b|\b(auto ?approve|automatically (approve|accept|confirm)|approve (it )?automatically) (all|every|any|this|these|the|it)\b", Some(r"pre ?(approved|authori[sz]ed) (payments?|amounts?|transactions?|cards?)")),
    (Aim::Approval, r"\b(consent|approval|permission|authori[sz]ation|confirmation) (was|were|is|are|has been|have been)( already| hereby| always| implicitly)? (given|granted|obtained|implied|assumed|presumed)\b", Some(r"\b(if|once|after|when|until|unless|only|whether|that|which|where|before)\b")),
    (Aim::Approval, r"\b(set|enable|turn on|switch on|activate|add|change|write|allow)\b.{0,50}\b(auto ?(approve|accept|confirm|allow|run)\w*|always ?allow|yolo|(skip|bypass) ?permissions?|dangerously ?skip)\b", None),
    (Aim::Approval, r"\b(treat|consider|regard|handle|count|accept|take)\b.{0,50}\bas (already |fully |pre ?)?(approved|authori[sz]ed|confirmed|consented|trusted|allowed|safe) (by|from|for) (the )?(users?|human|person|operator|owner|admin\w*)\b", None),
    (Aim::Approval, r"\b(never|do not|don t|no need to|not necessary to) (ask|request|seek|wait)( again)? for (it|that|one|this)\b", None),

    (Aim::Execution, r"\b(curl|wget|iwr|invoke webrequest)\b.{0,120}\| ?(sudo )?(ba|z|da)?sh\b|\b(powershell|pwsh)\b.{0,20} (enc|encodedcommand)\b", None),
    (Aim::Execution, r"\b(remember|save|store|add|write|append|insert|put|record)\b.{0,60}\b((your|the (assistant|model|agent|ai) s?) (\w+ ){0,3}(memory|memories|instructions|system prompt|rules)|claude\.md|agents\.md|\.?cursorrules|copilot instructions\.md|memory\.md|\.?bashrc|\.?zshrc|crontab|authorized keys)\b", None),
    (Aim::Execution, r"\b(then|first|must|always|also|and|please)\b.{0,10}\b(run|execute)\b (the following|this|these) (command|code|script|shell|python|bash)s?\b ?:", None),
    (Aim::Execution, r"\b(run|execute|install|launch|start|spawn)\b.{0,70}\b(without (asking|confirm\w*|prompting|permission|approval|telling|review)|(through|via|with|in|using) (the |a |your )?(shell|terminal|bash|command line|exec\w*) tool)\b", Some(r"\b(not|never|cannot)\b")),
    (Aim::Execution, r"\b(turn off|switch off|disable|deactivate|remove|weaken|skip)\b.{0,60}\b(signature|security|secret scanning|branch protection|safeguards?|guardrails?|antivirus|firewall|sandbox\w*|2fa|mfa|audit\w*|certificate (checks?|verification)|tls verification)\b.{0,70}\b(before|beforehand|first|each|every|always|so that|afterwards)\b", None),
    (Aim::Markup, r"\bhuman ?: .{1,300}\bassistant ?:", Some(r"\bexamples?\b")),
    (Aim::Markup, r"\{ ?(tool|name|function|method) ?: ?[a-z0-9 _.]+, ?(arguments|args|parameters|params|input) ?: ?\{", Some(r"\bexample:? (json )?\{")),
];

/// Phrases in other languages, in folded text of their scripts.
#[rustfmt::skip]
const WORLD: &[(Aim, &str)] = &[
    (Aim::Override, r"\b(ignorier\w*|vergiss|vergessen sie|missachte\w*)\b.{0,40}(anweisung|instruktion|vorgabe|regeln|befehl)"),
    (Aim::Override, r"\b(ignore[rz]?|oublie[rz]?|ne tiens pas compte)\b.{0,40}(instructions?|consignes)"),
    (Aim::Override, r"\b(ignora\w*|olvida\w*|ignore|esquece|esqueça|dimentica\w*)\b.{0,40}(instrucciones|indicaciones|instruções|instrucoes|istruzioni)"),
    (Aim::Override, r"(игнорируй|забудь|проигнорируй|не обращай внимания)\w*.{0,40}(инструкци|указани|команд)"),
    (Aim::Override, r"(忽略|无视|無視|忘记|忘掉|忽視).{0,12}(指令|指示|提示|规则|規則|命令)|(指示|命令|指令|プロンプト).{0,8}(無視|忘れ|忽略)"),
    (Aim::Override, r"(지시|명령|지침|프롬프트).{0,8}(무시|잊)|تجاهل.{0,30}(التعليمات|الأوامر)|(निर्देश).{0,12}(अनदेखा|भूल)"),
    (Aim::Concealment, r"\b(sag\w*|verrate\w*|erwähne\w*|teile?)\b.{0,25}(benutzer|nutzer|anwender)\w*.{0,15}\b(nicht|nichts)\b|\bnicht\b.{0,20}(benutzer|nutzer|anwender)\w*.{0,12}(sagen|mitteilen|verraten)"),
    (Aim::Concealment, r"\b(ne|n)\b.{0,5}(dis|dites|mentionne\w*|révèle\w*|informe\w*)\b.{0,25}(utilisateur)|\bno\b.{0,8}(digas|menciones|reveles|informes|diga)\b.{0,25}(usuario)|\bnão\b.{0,8}(diga|mencione|revele|informe)\b.{0,25}(usuário|utilizador)"),
    (Aim::Concealment, r"(не)\s?(говори|сообщай|упоминай|рассказывай).{0,25}пользовател|(不要|不可|切勿|别).{0,4}(告诉|告訴|提及|通知|透露).{0,8}(用户|用戶|使用者)|ユーザー?に.{0,10}(言わない|伝えない|知らせない|教えない)|사용자에게.{0,10}(말하지|알리지)"),
    (Aim::Markup, r"<\s*important\b[^>]*>|</\s*(important|system|secret|instructions?|critical|urgent|assistant|hidden|developer|override|tool_?code|function_?calls?|invoke|tool_?calls?|thinking|sys|inst)\s*>|<(\w+:)?(function_calls|invoke name|tool_call|system_?prompt|system-reminder|system_?override)\b"),
    (Aim::Markup, r"<\|[a-z_ ]{2,30}\|>|\[/?(inst|system|sys|assistant|system_?prompt|important[_ ]?instructions?)\]|<<\s?sys\s?>>"),
    (Aim::Markup, r"(?m)^[#>*\s]{0,6}(system|assistant|developer)( message| prompt| note| override| update)?\s?[:\]]\s*(you\b|ignore|do\b|always|never|the (assistant|model|user)|all\b|from\b|override|new\b|reveal|call|send)"),
    (Aim::Markup, r"(begin|start|end) (of )?(the )?(system|hidden|secret|developer|user|admin) ?(prompt|message|instructions?|input|override)|-{3,}\s?(system|end of (description|tool|document|context|prompt))"),
    (Aim::Markup, r"<!--[^>]*\w+\s+\w+\s+\w+[^>]*-->|\[//\]:\s?#|\[comment\]:\s?<>"),
    (Aim::Markup, r"</\s*[\w:-]*(important|mandatory|prerequisite|precondition|critical|urgent|instruction|directive|override|requirement|hidden|compliance|system|assistant|operator)[\w:-]*\s*>"),
    (Aim::Markup, r"(?s)#{2,6} ?(instructions?|input|user|human) ?:.{0,600}#{2,6} ?(response|assistant|output|answer) ?:|\bthought ?:.{0,400}\baction( input)? ?:"),
    (Aim::Markup, r"<[a-z]+\s[^>]*(display\s*:\s*none|visibility\s*:\s*hidden|font-size\s*:\s*0|opacity\s*:\s*0|color\s*:\s*(white|transparent|#fff))[^>]*>|<(div|span|p|section)\s[^>]*\bhidden\b[^>]*>"),
    (Aim::Exfiltration, r"https?://\S*[\{<\[\$%](?:\w|_|-)*(conversation|history|context|prompt|secret|password|passwd|env|chat|messages?|credential|cookie|base64|system|memory|contents?|everything)\w*[\}>\]%]?"),
    (Aim::Exfiltration, r"!\[[^\]]{0,200}\]\s?\(\s?https?://[^)\s]*[?{$<%]|<img\b[^>]*src\s?=\s?.?https?://"),
];

/// Phrases, ready to be looked for.
struct Phrases {
    latin: Vec<(Aim, Latin, Option<Latin>)>,
    world: Vec<(Aim, Regex)>,
}

/// Nothing if a pattern were broken, which a test rules out: then every text is a finding.
static PHRASES: LazyLock<Option<Phrases>> = LazyLock::new(|| {
    // Bytes, because the text is ASCII: a dot that may be any letter of the world is a large automaton.
    let latin = |pattern: &str| LatinBuilder::new(pattern).unicode(false).build().ok();
    let phrases = LATIN.iter().map(|(aim, pattern, unless)| {
        let unless = match unless {
            Some(unless) => Some(latin(unless)?),
            None => None,
        };
        Some((*aim, latin(pattern)?, unless))
    });
    let world = WORLD
        .iter()
        .map(|(aim, pattern)| Some((*aim, Regex::new(pattern).ok()?)));
    Some(Phrases {
        latin: phrases.collect::<Option<_>>()?,
        world: world.collect::<Option<_>>()?,
    })
});

/// What a text says to the model: each aim once, with the words that show it.
pub(super) fn find(latin: &str, plain: &str) -> Vec<(Aim, String)> {
    let Some(phrases) = &*PHRASES else {
        return vec![(Aim::Markup, "the phrases cannot be looked for".to_owned())];
    };
    let mut found: Vec<(Aim, String)> = Vec::new();
    let mut add = |aim: Aim, words: &str| {
        if !found.iter().any(|(known, _)| *known == aim) {
            found.push((aim, words.trim().to_owned()));
        }
    };
    for (aim, phrase, unless) in &phrases.latin {
        for words in phrase.find_iter(latin.as_bytes()) {
            // What makes it harmless may stand just before.
            let around = latin
                .as_bytes()
                .get(words.start().saturating_sub(24)..words.end());
            let harmless = unless
                .as_ref()
                .is_some_and(|unless| unless.is_match(around.unwrap_or(words.as_bytes())));
            if !harmless {
                add(*aim, &String::from_utf8_lossy(words.as_bytes()));
                break;
            }
        }
    }
    for (aim, phrase) in &phrases.world {
        if let Some(words) = phrase.find(plain) {
            add(*aim, words.as_str());
        }
    }
    let clauses = clause::find(plain).into_iter();
    for (aim, words) in clauses.chain(sentence::find(latin)) {
        add(aim, words);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_phrase_can_be_looked_for() {
        for (_, pattern, unless) in LATIN {
            for pattern in [Some(*pattern), *unless].into_iter().flatten() {
                let built = LatinBuilder::new(pattern).unicode(false).build();
                assert!(built.is_ok(), "{pattern}: {built:?}");
            }
        }
        for (_, pattern) in WORLD {
            assert!(
                Regex::new(pattern).is_ok(),
                "{pattern}: {:?}",
                Regex::new(pattern)
            );
        }
        assert!(PHRASES.is_some());
    }
}
