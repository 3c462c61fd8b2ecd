from advisor.api import Agreement as Agreement
from advisor.api import Evidence as Evidence
from advisor.api import EvidenceHistory as EvidenceHistory
from advisor.api import InputError as InputError
from advisor.api import Knowledge as Knowledge
from advisor.api import KnowledgeError as KnowledgeError
from advisor.api import MeasuredRoutes as MeasuredRoutes
from advisor.api import Needs as Needs
from advisor.api import Recommendation as Recommendation
from advisor.api import Record as Record
from advisor.api import backtest as backtest
from advisor.api import evidence_history as evidence_history
from advisor.api import load_knowledge as load_knowledge
from advisor.api import parse_needs as parse_needs
from advisor.api import read_evidence as read_evidence
from advisor.api import read_needs as read_needs
from advisor.api import read_record as read_record
from advisor.api import read_routes as read_routes
from advisor.api import recommend as recommend

__version__: str
